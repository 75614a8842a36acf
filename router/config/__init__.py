"""routes.yaml -> values with positions: YAML, references, includes, and problems with their place."""
