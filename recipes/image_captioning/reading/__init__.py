"""From what people have to examples."""
