import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The word in a clip, and where the model listened: Speech model.tflite clip.wav (16 bit mono, the model's rate). */
final class Speech {
    public static void main(String[] arguments) throws IOException {
        try (LiteRt model = new LiteRt(arguments[0])) {
            List<String> labels = model.lines("labels.txt");

            int size = model.shape("classify", "waveform")[1];
            var answer = model.run("classify", Map.of("waveform", MemorySegment.ofArray(samples(arguments[1], size))));
            float[] probabilities = LiteRt.floats(answer.get("probabilities"));
            float[] attention = LiteRt.floats(answer.get("attention")); // heads x frames

            for (int i = 0; i < labels.size(); i++) {
                System.out.println(labels.get(i) + " " + probabilities[i]);
            }
            StringBuilder line = new StringBuilder("attention");
            for (float weight : attention) {
                line.append(' ').append(weight);
            }
            System.out.println(line);
        }
    }

    /** The samples of a WAV file in [-1, 1], as many as {@code count}: cut, or followed by silence. */
    static float[] samples(String path, int count) throws IOException {
        byte[] file = Files.readAllBytes(Path.of(path));
        int data = new String(file, StandardCharsets.ISO_8859_1).indexOf("data");
        if (data < 0) {
            throw new IOException(path + " is no WAV file");
        }
        ShortBuffer sound = ByteBuffer.wrap(file, data + 8, file.length - data - 8)
                .order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
        float[] result = new float[count];
        for (int i = 0; i < Math.min(count, sound.limit()); i++) {
            result[i] = sound.get(i) / 32768f;
        }
        return result;
    }
}
