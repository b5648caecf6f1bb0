"""Parameters: values checked against JSON Schema."""
