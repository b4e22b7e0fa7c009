"""What is too large for a row: kept under the hash of its bytes, in a folder or a bucket."""
