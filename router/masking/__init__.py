"""Takes secrets and personal data out of a payload that is to be shown: pure, and the same value the same way."""
