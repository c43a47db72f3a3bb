// A .tflite file as a function of named tensors, on LiteRT's C API (2.1 to 2.3, 64 bit).
//
// The Python wheel ships the library without its headers, so what is needed of them is declared here. In an app take
// the headers of the LiteRT release instead, and keep the class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" {
typedef struct LiteRtEnvironmentT* LiteRtEnvironment;
typedef struct LiteRtModelT* LiteRtModel;
typedef struct LiteRtOptionsT* LiteRtOptions;
typedef struct LiteRtCompiledModelT* LiteRtCompiledModel;
typedef struct LiteRtSignatureT* LiteRtSignature;
typedef struct LiteRtTensorT* LiteRtTensor;
typedef struct LiteRtTensorBufferT* LiteRtTensorBuffer;
typedef struct LiteRtTensorBufferRequirementsT* LiteRtTensorBufferRequirements;
typedef struct {
  int32_t element_type;
  uint32_t rank_and_flags;  // the rank is the lowest seven bits
  int32_t dimensions[8];
  uint32_t strides[8];
} LiteRtRankedTensorType;

int LiteRtCreateEnvironment(int count, const void* options, LiteRtEnvironment*);
int LiteRtCreateModelFromFile(LiteRtEnvironment, const char* path, LiteRtModel*);
int LiteRtGetModelMetadata(LiteRtModel, const char* key, const void**, size_t*);
int LiteRtGetNumModelSignatures(LiteRtModel, size_t*);
int LiteRtGetModelSignature(LiteRtModel, size_t index, LiteRtSignature*);
int LiteRtGetSignatureKey(LiteRtSignature, const char**);
int LiteRtGetNumSignatureInputs(LiteRtSignature, size_t*);
int LiteRtGetNumSignatureOutputs(LiteRtSignature, size_t*);
int LiteRtGetSignatureInputName(LiteRtSignature, size_t index, const char**);
int LiteRtGetSignatureOutputName(LiteRtSignature, size_t index, const char**);
int LiteRtGetSignatureInputTensor(LiteRtSignature, const char* name, LiteRtTensor*);
int LiteRtGetSignatureInputTensorByIndex(LiteRtSignature, size_t index, LiteRtTensor*);
int LiteRtGetSignatureOutputTensorByIndex(LiteRtSignature, size_t index, LiteRtTensor*);
int LiteRtGetRankedTensorType(LiteRtTensor, LiteRtRankedTensorType*);
int LiteRtCreateOptions(LiteRtOptions*);
int LiteRtSetOptionsHardwareAccelerators(LiteRtOptions, int accelerators);
int LiteRtCreateCompiledModel(LiteRtEnvironment, LiteRtModel, LiteRtOptions, LiteRtCompiledModel*);
int LiteRtGetCompiledModelInputBufferRequirements(
    LiteRtCompiledModel, size_t signature, size_t index, LiteRtTensorBufferRequirements*);
int LiteRtGetCompiledModelOutputBufferRequirements(
    LiteRtCompiledModel, size_t signature, size_t index, LiteRtTensorBufferRequirements*);
int LiteRtCreateManagedTensorBufferFromRequirements(
    LiteRtEnvironment, const LiteRtRankedTensorType*, LiteRtTensorBufferRequirements, LiteRtTensorBuffer*);
int LiteRtGetTensorBufferPackedSize(LiteRtTensorBuffer, size_t*);
int LiteRtLockTensorBuffer(LiteRtTensorBuffer, void** memory, int mode);
int LiteRtUnlockTensorBuffer(LiteRtTensorBuffer);
int LiteRtRunCompiledModel(
    LiteRtCompiledModel, size_t signature, size_t inputs, LiteRtTensorBuffer*, size_t outputs, LiteRtTensorBuffer*);
void LiteRtDestroyTensorBuffer(LiteRtTensorBuffer);
void LiteRtDestroyCompiledModel(LiteRtCompiledModel);
void LiteRtDestroyOptions(LiteRtOptions);
void LiteRtDestroyModel(LiteRtModel);
void LiteRtDestroyEnvironment(LiteRtEnvironment);
}

namespace litert {

using Bytes = std::vector<char>;  // a dense array of the tensor's type
using Tensors = std::map<std::string, Bytes>;  // by name

template <class T>
Bytes bytes(const std::vector<T>& values) {
  const auto start = reinterpret_cast<const char*>(values.data());
  return Bytes(start, start + values.size() * sizeof(T));
}

template <class T>
std::vector<T> values(const Bytes& bytes) {
  std::vector<T> result(bytes.size() / sizeof(T));
  std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

inline void check(int status, const std::string& what) {
  if (status) throw std::runtime_error("LiteRT cannot " + what + " (status " + std::to_string(status) + ")");
}

// What a function of the C API gives through its last argument.
template <class T, class Function, class... Arguments>
T get(const std::string& what, Function function, Arguments... arguments) {
  T result{};
  check(function(arguments..., &result), what);
  return result;
}

class Model {
 public:
  explicit Model(const std::string& path)
      : environment_(get<LiteRtEnvironment>("start", LiteRtCreateEnvironment, 0, nullptr)),
        model_(get<LiteRtModel>("read " + path, LiteRtCreateModelFromFile, environment_, path.c_str())),
        options_(get<LiteRtOptions>("make options", LiteRtCreateOptions)) {
    check(LiteRtSetOptionsHardwareAccelerators(options_, 1), "choose the CPU");
    compiled_ = get<LiteRtCompiledModel>(
        "compile " + path, LiteRtCreateCompiledModel, environment_, model_, options_);
  }
  Model(const Model&) = delete;
  ~Model() {
    LiteRtDestroyCompiledModel(compiled_);
    LiteRtDestroyOptions(options_);
    LiteRtDestroyModel(model_);
    LiteRtDestroyEnvironment(environment_);
  }

  // The lines of "labels.txt" or "vocabulary.txt", or the one of "heedful_card" (JSON): they ride in the file.
  std::vector<std::string> lines(const std::string& name) const {
    const void* start;
    size_t size;
    check(LiteRtGetModelMetadata(model_, name.c_str(), &start, &size), "find " + name + " in the file");
    std::istringstream text(std::string(static_cast<const char*>(start), size));
    std::vector<std::string> result;
    for (std::string line; std::getline(text, line);) result.push_back(line);
    return result;
  }

  // The shape of an input: {1, 16000} is a clip of 16,000 samples.
  std::vector<int> shape(const std::string& key, const std::string& input) const {
    const auto signature = get<LiteRtSignature>("find " + key, LiteRtGetModelSignature, model_, index_of(key));
    const auto tensor = get<LiteRtTensor>("find " + input, LiteRtGetSignatureInputTensor, signature, input.c_str());
    const auto type = get<LiteRtRankedTensorType>("read a shape", LiteRtGetRankedTensorType, tensor);
    return std::vector<int>(type.dimensions, type.dimensions + (type.rank_and_flags & 127));
  }

  // The outputs of one call of a signature.
  Tensors run(const std::string& key, const Tensors& inputs) const {
    const size_t index = index_of(key);
    const auto signature = get<LiteRtSignature>("find " + key, LiteRtGetModelSignature, model_, index);
    const auto takes = get<size_t>("count inputs", LiteRtGetNumSignatureInputs, signature);
    const auto gives = get<size_t>("count outputs", LiteRtGetNumSignatureOutputs, signature);
    Buffers in, out;
    for (size_t i = 0; i < takes; i++) {
      const auto name = get<const char*>("name an input", LiteRtGetSignatureInputName, signature, i);
      if (!inputs.count(name)) throw std::runtime_error(key + " needs the input " + name);
      add(in, get<LiteRtTensor>("find an input", LiteRtGetSignatureInputTensorByIndex, signature, i),
          get<LiteRtTensorBufferRequirements>(
              "size an input", LiteRtGetCompiledModelInputBufferRequirements, compiled_, index, i));
      const Bytes& given = inputs.at(name);
      if (given.size() != size(in[i])) {
        throw std::runtime_error(std::string(name) + " takes " + std::to_string(size(in[i])) + " bytes");
      }
      std::memcpy(lock(in[i], 1), given.data(), given.size());
      check(LiteRtUnlockTensorBuffer(in[i]), "write an input");
    }
    for (size_t i = 0; i < gives; i++) {
      add(out, get<LiteRtTensor>("find an output", LiteRtGetSignatureOutputTensorByIndex, signature, i),
          get<LiteRtTensorBufferRequirements>(
              "size an output", LiteRtGetCompiledModelOutputBufferRequirements, compiled_, index, i));
    }
    check(LiteRtRunCompiledModel(compiled_, index, takes, in.data(), gives, out.data()), "run " + key);
    Tensors outputs;
    for (size_t i = 0; i < gives; i++) {
      const auto start = static_cast<const char*>(lock(out[i], 0));
      const auto name = get<const char*>("name an output", LiteRtGetSignatureOutputName, signature, i);
      outputs[name] = Bytes(start, start + size(out[i]));
      check(LiteRtUnlockTensorBuffer(out[i]), "read an output");
    }
    return outputs;
  }

 private:
  struct Buffers : std::vector<LiteRtTensorBuffer> {
    ~Buffers() {
      for (const auto buffer : *this) LiteRtDestroyTensorBuffer(buffer);
    }
  };

  void add(Buffers& buffers, LiteRtTensor tensor, LiteRtTensorBufferRequirements requirements) const {
    const auto type = get<LiteRtRankedTensorType>("read a shape", LiteRtGetRankedTensorType, tensor);
    buffers.push_back(get<LiteRtTensorBuffer>(
        "make a buffer", LiteRtCreateManagedTensorBufferFromRequirements, environment_, &type, requirements));
  }

  static size_t size(LiteRtTensorBuffer buffer) {
    return get<size_t>("measure a buffer", LiteRtGetTensorBufferPackedSize, buffer);
  }

  static void* lock(LiteRtTensorBuffer buffer, int mode) {  // 0 to read, 1 to write
    void* memory;
    check(LiteRtLockTensorBuffer(buffer, &memory, mode), "open a buffer");
    return memory;
  }

  size_t index_of(const std::string& key) const {
    const auto count = get<size_t>("count signatures", LiteRtGetNumModelSignatures, model_);
    for (size_t i = 0; i < count; i++) {
      const auto signature = get<LiteRtSignature>("list signatures", LiteRtGetModelSignature, model_, i);
      if (key == get<const char*>("name a signature", LiteRtGetSignatureKey, signature)) return i;
    }
    throw std::runtime_error("the file has no signature " + key);
  }

  LiteRtEnvironment environment_;
  LiteRtModel model_;
  LiteRtOptions options_;
  LiteRtCompiledModel compiled_;
};

}  // namespace litert
