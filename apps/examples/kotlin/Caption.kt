// Not compiled or run here: written from the sources of LiteRT 2.3, beside ../java/Caption.java, which is run.

import android.graphics.Bitmap
import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import java.io.File
import java.util.zip.ZipFile

/** A sentence for a picture, and where the model looked for each word. `file` is a copy of the asset. */
class Caption(file: File, private val size: Int = 224) : AutoCloseable {
    private val vocabulary =
        ZipFile(file).use { zip -> zip.getInputStream(zip.getEntry("vocabulary.txt")).reader().readLines() }
    private val model = CompiledModel.create(file.path, CompiledModel.Options(Accelerator.CPU))
    private val image = model.createInputBuffer("image", "generate")
    private val outputs =
        listOf("tokens", "length", "attention").associateWith { model.createOutputBuffer(it, "generate") }

    /** The words, and for each its attention (cells of the picture, row by row). */
    fun describe(picture: Bitmap): List<Pair<String, FloatArray>> {
        // Kotlin has no type for uint8: getInputTensorType("image", "generate") throws. The bytes go in as they are.
        image.writeInt8(pixels(Bitmap.createScaledBitmap(picture, size, size, true)))
        model.run(mapOf("image" to image), outputs, "generate")
        val tokens = outputs.getValue("tokens").readInt()
        val attention = outputs.getValue("attention").readFloat()
        val cells = attention.size / tokens.size
        return List(outputs.getValue("length").readInt()[0]) { i ->
            Pair(vocabulary[tokens[i]], attention.copyOfRange(i * cells, (i + 1) * cells))
        }
    }

    /** Red, green and blue, row by row. */
    private fun pixels(picture: Bitmap): ByteArray {
        val colours = IntArray(size * size)
        picture.getPixels(colours, 0, size, 0, 0, size, size)
        return ByteArray(3 * colours.size) { i -> (colours[i / 3] shr (16 - 8 * (i % 3))).toByte() }
    }

    override fun close() {
        image.close()
        outputs.values.forEach { it.close() }
        model.close()
    }
}
