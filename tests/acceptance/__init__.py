"""The whole process, started, posted to, killed and started again."""
