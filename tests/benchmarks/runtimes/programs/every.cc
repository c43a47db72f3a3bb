// The class of the C++ examples on every case: every MODEL CASES [MODEL CASES ...]
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "litert.h"

namespace files = std::filesystem;

std::vector<char> content(const files::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::vector<char>(std::istreambuf_iterator<char>(file), {});
}

void write(const files::path& path, const std::vector<char>& content) {
  std::ofstream(path, std::ios::binary).write(content.data(), content.size());
}

void run(const litert::Model& model, const files::path& folder) try {
  litert::Tensors inputs;
  for (const auto& entry : files::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("in.", 0) == 0) inputs[name.substr(3)] = content(entry.path());
  }
  const auto key = content(folder / "signature");
  for (const auto& [name, tensor] : model.run(std::string(key.begin(), key.end()), inputs)) {
    write(folder / ("out." + name), tensor);
  }
} catch (const std::exception& error) {
  std::ofstream(folder / "error") << error.what();
}

void all(const std::string& path, const files::path& cases) {
  const litert::Model model(path);
  std::ifstream names(cases / "attachments.txt");
  for (std::string name; std::getline(names, name);) {
    std::vector<std::string> lines;
    try {
      lines = model.lines(name);
    } catch (const std::exception&) {
      continue;  // the file carries none of that name
    }
    std::ofstream attachment(cases / ("attachment." + name));
    for (const auto& line : lines) attachment << line << "\n";
  }
  for (const auto& entry : files::directory_iterator(cases)) {
    if (entry.is_directory()) run(model, entry.path());
  }
}

int main(int count, char** arguments) try {
  for (int i = 1; i + 1 < count; i += 2) all(arguments[i], arguments[i + 1]);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
