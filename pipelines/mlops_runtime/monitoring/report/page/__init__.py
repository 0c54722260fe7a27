"""`report.html`: one page that needs nothing but itself. Its pictures are inline SVG, its words plain HTML."""
