"""Resources of our own over boto3. A stack's state names them by their module: they never move again."""
