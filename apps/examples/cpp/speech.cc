// The word in a clip, and where the model listened: ./speech model.tflite clip.wav (16 bit, mono, at the model's rate)
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "litert.h"

// The samples of a WAV file in [-1, 1], as many as `count`: cut, or followed by silence.
std::vector<float> samples(const std::string& path, size_t count) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> file(std::istreambuf_iterator<char>(stream), {});
  const auto data = std::search(file.begin(), file.end(), "data", "data" + 4);
  if (file.end() - data < 8) throw std::runtime_error(path + " is no WAV file");
  std::vector<int16_t> sound((file.end() - data - 8) / 2);
  std::memcpy(sound.data(), &*data + 8, sound.size() * 2);
  std::vector<float> result(count);
  for (size_t i = 0; i < std::min(count, sound.size()); i++) result[i] = sound[i] / 32768.0f;
  return result;
}

int main(int count, char** arguments) try {
  if (count != 3) throw std::runtime_error("usage: speech model.tflite clip.wav");
  const litert::Model model(arguments[1]);
  const std::vector<std::string> labels = model.lines("labels.txt");

  const size_t size = model.shape("classify", "waveform")[1];
  const auto answer = model.run("classify", {{"waveform", litert::bytes(samples(arguments[2], size))}});
  const auto probabilities = litert::values<float>(answer.at("probabilities"));
  const auto attention = litert::values<float>(answer.at("attention"));  // heads x frames

  for (size_t i = 0; i < labels.size(); i++) std::printf("%s %.9g\n", labels[i].c_str(), probabilities[i]);
  std::printf("attention");
  for (float weight : attention) std::printf(" %.9g", weight);
  std::printf("\n");
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
