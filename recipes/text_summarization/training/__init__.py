"""What training shows the model, and what it is taught by."""
