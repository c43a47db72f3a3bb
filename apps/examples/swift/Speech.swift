// Not compiled or run here: written from the sources of LiteRT 2.3, beside ../cpp/speech.cc, which is run.

/// The word in a clip, and where the model listened.
final class Speech {
  let labels: [String]
  private let model: NamedModel

  init(path: String) throws {
    model = try NamedModel(path: path)
    labels = try model.lines("labels.txt")
  }

  /// Probabilities in the order of `labels`, and attention (heads x frames), of a second of sound in [-1, 1].
  func classify(_ samples: [Float]) throws -> (probabilities: [Float], attention: [Float]) {
    let answer = try model.run("classify", ["waveform": samples])
    return (try answer["probabilities"]!.read(), try answer["attention"]!.read())
  }
}
