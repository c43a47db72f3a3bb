// A sentence for a picture, and where the model looked for each word: ./caption model.tflite picture.ppm
#include <cstdio>
#include <fstream>
#include <iterator>

#include "litert.h"

// The pixels of a binary PPM file of this width and height: red, green and blue, row by row.
std::vector<uint8_t> pixels(const std::string& path, int size) {
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  int width, height, most;
  if (!(file >> magic >> width >> height >> most) || magic != "P6" || width != size || height != size) {
    throw std::runtime_error(path + " is no PPM file of " + std::to_string(size) + " x " + std::to_string(size));
  }
  file.get();
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

int main(int count, char** arguments) try {
  if (count != 3) throw std::runtime_error("usage: caption model.tflite picture.ppm");
  const litert::Model model(arguments[1]);
  const std::vector<std::string> vocabulary = model.lines("vocabulary.txt");

  const int size = model.shape("generate", "image")[1];
  const auto answer = model.run("generate", {{"image", litert::bytes(pixels(arguments[2], size))}});
  const auto tokens = litert::values<int32_t>(answer.at("tokens"));
  const auto attention = litert::values<float>(answer.at("attention"));  // words x cells
  const size_t length = litert::values<int32_t>(answer.at("length"))[0], cells = attention.size() / tokens.size();

  for (size_t i = 0; i < length; i++) {
    std::printf("%s", vocabulary[tokens[i]].c_str());
    for (size_t cell = 0; cell < cells; cell++) std::printf(" %.9g", attention[i * cells + cell]);
    std::printf("\n");
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
