// Not compiled or run here: written from the sources of LiteRT 2.3, beside ../java/Speech.java, which is run.

import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import java.io.File
import java.util.zip.ZipFile

/** The word in a clip, and where the model listened. `file` is a copy of the asset, for ZipFile needs a path. */
class Speech(file: File) : AutoCloseable {
    val labels = ZipFile(file).use { zip -> zip.getInputStream(zip.getEntry("labels.txt")).reader().readLines() }

    private val model = CompiledModel.create(file.path, CompiledModel.Options(Accelerator.CPU))
    private val waveform = model.createInputBuffer("waveform", "classify")
    private val outputs =
        listOf("probabilities", "attention").associateWith { model.createOutputBuffer(it, "classify") }

    /** Probabilities in the order of `labels`, and attention (heads x frames), of a second of sound in [-1, 1]. */
    fun classify(samples: FloatArray): Pair<FloatArray, FloatArray> {
        waveform.writeFloat(samples)
        model.run(mapOf("waveform" to waveform), outputs, "classify")
        return Pair(outputs.getValue("probabilities").readFloat(), outputs.getValue("attention").readFloat())
    }

    override fun close() {
        waveform.close()
        outputs.values.forEach { it.close() }
        model.close()
    }
}

/** The microphone, by AudioCapture.kt of litert-samples: every chunk of 100 ms asks for the last second. */
fun listen(speech: Speech, capture: AudioCapture, heard: (String, FloatArray) -> Unit) {
    val window = FloatArray(AudioCapture.DEFAULT_SAMPLE_RATE)
    capture.start { chunk ->
        window.copyInto(window, 0, chunk.size)
        chunk.copyInto(window, window.size - chunk.size)
        val (probabilities, attention) = speech.classify(window)
        heard(speech.labels[probabilities.indices.maxBy { probabilities[it] }], attention)
    }
}

/** The same by CompiledModelRunner.kt of litert-samples, whose default is GPU: input 0 and output 0 of signature 0. */
fun classify(file: File, samples: FloatArray): FloatArray =
    CompiledModelRunner.fromFile(file.path, Accelerator.CPU).use { runner ->
        runner.writeInput(0, samples)
        runner.run()
        runner.readOutput(0)
    }
