// Not compiled or run here: written from the sources of LiteRT 2.3, beside ../cpp/caption.cc, which is run.

/// A sentence for a picture, and where the model looked for each word.
final class Caption {
  private let vocabulary: [String]
  private let model: NamedModel

  init(path: String) throws {
    model = try NamedModel(path: path)
    vocabulary = try model.lines("vocabulary.txt")
  }

  /// The words, and for each its attention (cells of the picture). `pixels` are red, green and blue, row by row.
  func describe(_ pixels: [UInt8]) throws -> [(word: String, attention: [Float])] {
    let answer = try model.run("generate", ["image": pixels])
    let tokens: [Int32] = try answer["tokens"]!.read()
    let attention: [Float] = try answer["attention"]!.read()
    let length: [Int32] = try answer["length"]!.read()
    let cells = attention.count / tokens.count
    return (0..<Int(length[0])).map { i in
      (vocabulary[Int(tokens[i])], Array(attention[i * cells..<(i + 1) * cells]))
    }
  }
}
