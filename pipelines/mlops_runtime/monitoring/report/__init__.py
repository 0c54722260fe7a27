"""What a window shows, as a typed document and as a page for people."""
