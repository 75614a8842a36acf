"""The language of routes.yaml, sentence by sentence, on whole files."""
