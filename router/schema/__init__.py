"""JSON Schema of the language, for editors: completion, hover texts and first checks while typing."""
