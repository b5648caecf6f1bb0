"""SQL of users over the documented views."""
