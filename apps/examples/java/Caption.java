import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/** A sentence for a picture, and where the model looked for each word: Caption model.tflite picture.png */
final class Caption {
    public static void main(String[] arguments) throws IOException {
        try (LiteRt model = new LiteRt(arguments[0])) {
            List<String> vocabulary = model.lines("vocabulary.txt");

            int size = model.shape("generate", "image")[1];
            var answer = model.run("generate", Map.of("image", MemorySegment.ofArray(pixels(arguments[1], size))));
            int[] tokens = LiteRt.ints(answer.get("tokens"));
            float[] attention = LiteRt.floats(answer.get("attention")); // words x cells
            int length = LiteRt.ints(answer.get("length"))[0];
            int cells = attention.length / tokens.length;

            for (int i = 0; i < length; i++) {
                StringBuilder line = new StringBuilder(vocabulary.get(tokens[i]));
                for (int cell = 0; cell < cells; cell++) {
                    line.append(' ').append(attention[i * cells + cell]);
                }
                System.out.println(line);
            }
        }
    }

    /** The pixels of a picture of this width and height: red, green and blue, row by row. */
    static byte[] pixels(String path, int size) throws IOException {
        BufferedImage picture = ImageIO.read(new File(path));
        if (picture == null || picture.getWidth() != size || picture.getHeight() != size) {
            throw new IOException(path + " is no picture of " + size + " x " + size);
        }
        int[] colours = picture.getRGB(0, 0, size, size, null, 0, size);
        byte[] result = new byte[3 * colours.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (byte) (colours[i / 3] >> (16 - 8 * (i % 3)));
        }
        return result;
    }
}
