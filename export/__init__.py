"""From a Keras model to one verified `.tflite` that every runtime takes."""
