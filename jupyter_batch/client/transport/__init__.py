"""HTTP to the owner: finding it, requests, event streams."""
