// Not compiled or run here: written from the sources of LiteRT 2.3, beside ../cpp/litert.h, which is run.

import LiteRT

/// A .tflite file as a function of named tensors. LiteRT counts signatures and tensors, so their names are looked up.
final class NamedModel {
  private let file: Model
  private let compiled: CompiledModel

  init(path: String) throws {
    let environment = try Environment()
    let options = try Options()
    try options.setHardwareAccelerators([.cpu])
    file = try Model(filePath: path, environment: environment)
    compiled = try CompiledModel(environment: environment, model: file, options: options)
  }

  /// The lines of "labels.txt" or "vocabulary.txt": they ride in the file.
  func lines(_ name: String) throws -> [String] {
    let text = String(decoding: try file.metadata(key: name), as: UTF8.self)
    return text.split(separator: "\n").map(String.init)
  }

  /// The outputs of one call of a signature whose inputs are of one type. `read()` gives the numbers of an output.
  func run<Number>(_ key: String, _ inputs: [String: [Number]]) throws -> [String: TensorBuffer] {
    guard let signature = try file.signatureKeys().firstIndex(of: key) else { throw LiteRtError.notFound }
    let given = try compiled.createInputBuffers(signatureIndex: signature)
    for (index, buffer) in given.enumerated() {
      let name = try compiled.inputName(inputIndex: index, signatureIndex: signature)
      guard let values = inputs[name] else { throw LiteRtError.invalidArgument }
      try buffer.write(values)
    }
    var outputs: [String: TensorBuffer] = [:]
    for (index, buffer) in try compiled.run(inputs: given, signatureIndex: signature).enumerated() {
      outputs[try compiled.outputName(outputIndex: index, signatureIndex: signature)] = buffer
    }
    return outputs
  }
}
