"""What recipes are built from; whoever writes one looks here first."""
