"""The scripts that build the checkpoints."""
