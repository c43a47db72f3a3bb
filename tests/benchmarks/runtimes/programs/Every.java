import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The class of the Java examples on every case: Every MODEL CASES [MODEL CASES ...] */
final class Every {
    public static void main(String[] arguments) throws IOException {
        for (int i = 0; i < arguments.length; i += 2) {
            all(arguments[i], Path.of(arguments[i + 1]));
        }
    }

    private static void all(String path, Path cases) throws IOException {
        try (LiteRt model = new LiteRt(path);
                DirectoryStream<Path> folders = Files.newDirectoryStream(cases, Files::isDirectory)) {
            for (String name : Files.readAllLines(cases.resolve("attachments.txt"))) {
                try {
                    Files.writeString(cases.resolve("attachment." + name), String.join("\n", model.lines(name)) + "\n");
                } catch (NullPointerException absent) {
                    continue; // the file carries none of that name
                }
            }
            for (Path folder : folders) {
                try {
                    run(model, folder);
                } catch (RuntimeException error) {
                    Files.writeString(folder.resolve("error"), String.valueOf(error.getMessage()));
                }
            }
        }
    }

    private static void run(LiteRt model, Path folder) throws IOException {
        Map<String, MemorySegment> inputs = new HashMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "in.*")) {
            for (Path file : files) {
                String name = file.getFileName().toString().substring(3);
                inputs.put(name, MemorySegment.ofArray(Files.readAllBytes(file)));
            }
        }
        for (var output : model.run(Files.readString(folder.resolve("signature")), inputs).entrySet()) {
            byte[] content = output.getValue().toArray(ValueLayout.JAVA_BYTE);
            Files.write(folder.resolve("out." + output.getKey()), content);
        }
    }
}
