"""A `.tflite` taken apart: its operators, the rules that every runtime holds it to, and its metadata. LiteRT alone."""
