import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipFile;

/**
 * A .tflite file as a function of named tensors, on LiteRT's C API (2.1 to 2.3, 64 bit) by foreign functions (Java 22).
 *
 * <p>The environment variable LITERT names the library, libLiteRt.so. An Android app takes Kotlin's CompiledModel.
 */
final class LiteRt implements AutoCloseable {
    private static final int CPU = 1;
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final long RANKED_TENSOR_TYPE = 72; // bytes of the struct
    private static final SymbolLookup LIBRARY =
            SymbolLookup.libraryLookup(Path.of(System.getenv("LITERT")), Arena.global());

    private final String path;
    private final MemorySegment environment;
    private final MemorySegment model;
    private final MemorySegment options;
    private final MemorySegment compiled;

    LiteRt(String path) {
        this.path = path;
        environment = pointer("LiteRtCreateEnvironment", 0, MemorySegment.NULL);
        model = pointer("LiteRtCreateModelFromFile", environment, Arena.ofAuto().allocateFrom(path));
        options = pointer("LiteRtCreateOptions");
        call("LiteRtSetOptionsHardwareAccelerators", options, CPU);
        compiled = pointer("LiteRtCreateCompiledModel", environment, model, options);
    }

    /** The lines of "labels.txt" or "vocabulary.txt": they ride in the file, which is a zip as well. */
    List<String> lines(String name) throws IOException {
        try (ZipFile zip = new ZipFile(path)) {
            byte[] content = zip.getInputStream(zip.getEntry(name)).readAllBytes();
            return new String(content, StandardCharsets.UTF_8).lines().toList();
        }
    }

    /** The shape of an input: {1, 16000} is a clip of 16,000 samples. */
    int[] shape(String key, String input) {
        MemorySegment signature = pointer("LiteRtGetModelSignature", model, indexOf(key));
        MemorySegment name = Arena.ofAuto().allocateFrom(input);
        MemorySegment type = type(pointer("LiteRtGetSignatureInputTensor", signature, name));
        int rank = type.get(ValueLayout.JAVA_INT, 4) & 127;
        return type.asSlice(8, 4L * rank).toArray(ValueLayout.JAVA_INT);
    }

    /** The outputs of one call of a signature. Each tensor is the memory of a dense array of its type. */
    Map<String, MemorySegment> run(String key, Map<String, MemorySegment> inputs) {
        long index = indexOf(key);
        MemorySegment signature = pointer("LiteRtGetModelSignature", model, index);
        long takes = number("LiteRtGetNumSignatureInputs", signature);
        long gives = number("LiteRtGetNumSignatureOutputs", signature);
        List<MemorySegment> in = new ArrayList<>();
        List<MemorySegment> out = new ArrayList<>();
        for (long i = 0; i < takes; i++) {
            String name = text("LiteRtGetSignatureInputName", signature, i);
            MemorySegment given = inputs.get(name);
            in.add(buffer(
                    pointer("LiteRtGetSignatureInputTensorByIndex", signature, i),
                    pointer("LiteRtGetCompiledModelInputBufferRequirements", compiled, index, i)));
            long size = number("LiteRtGetTensorBufferPackedSize", in.getLast());
            if (given == null || given.byteSize() != size) {
                throw new IllegalArgumentException(key + " needs the input " + name + " of " + size + " bytes");
            }
            lock(in.getLast(), WRITE).copyFrom(given);
            call("LiteRtUnlockTensorBuffer", in.getLast());
        }
        for (long i = 0; i < gives; i++) {
            out.add(buffer(
                    pointer("LiteRtGetSignatureOutputTensorByIndex", signature, i),
                    pointer("LiteRtGetCompiledModelOutputBufferRequirements", compiled, index, i)));
        }
        call("LiteRtRunCompiledModel", compiled, index, takes, array(in), gives, array(out));
        Map<String, MemorySegment> outputs = new TreeMap<>();
        for (long i = 0; i < gives; i++) {
            MemorySegment memory = lock(out.get((int) i), READ);
            outputs.put(
                    text("LiteRtGetSignatureOutputName", signature, i),
                    MemorySegment.ofArray(memory.toArray(ValueLayout.JAVA_BYTE)));
            call("LiteRtUnlockTensorBuffer", out.get((int) i));
        }
        for (List<MemorySegment> buffers : List.of(in, out)) {
            buffers.forEach(buffer -> invoke("LiteRtDestroyTensorBuffer", false, buffer));
        }
        return outputs;
    }

    static float[] floats(MemorySegment tensor) {
        return tensor.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    static int[] ints(MemorySegment tensor) {
        return tensor.toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }

    @Override
    public void close() {
        invoke("LiteRtDestroyCompiledModel", false, compiled);
        invoke("LiteRtDestroyOptions", false, options);
        invoke("LiteRtDestroyModel", false, model);
        invoke("LiteRtDestroyEnvironment", false, environment);
    }

    private long indexOf(String key) {
        long count = number("LiteRtGetNumModelSignatures", model);
        for (long i = 0; i < count; i++) {
            if (key.equals(text("LiteRtGetSignatureKey", pointer("LiteRtGetModelSignature", model, i)))) {
                return i;
            }
        }
        throw new IllegalArgumentException(path + " has no signature " + key);
    }

    /** Element type, rank (its lowest seven bits), dimensions and strides of a tensor. */
    private static MemorySegment type(MemorySegment tensor) {
        MemorySegment type = Arena.ofAuto().allocate(RANKED_TENSOR_TYPE, 8);
        call("LiteRtGetRankedTensorType", tensor, type);
        return type;
    }

    private MemorySegment buffer(MemorySegment tensor, MemorySegment requirements) {
        return pointer("LiteRtCreateManagedTensorBufferFromRequirements", environment, type(tensor), requirements);
    }

    private static MemorySegment lock(MemorySegment buffer, int mode) {
        MemorySegment memory = Arena.ofAuto().allocate(ValueLayout.ADDRESS);
        call("LiteRtLockTensorBuffer", buffer, memory, mode);
        return memory.get(ValueLayout.ADDRESS, 0).reinterpret(number("LiteRtGetTensorBufferPackedSize", buffer));
    }

    private static MemorySegment array(List<MemorySegment> pointers) {
        MemorySegment array = Arena.ofAuto().allocate(ValueLayout.ADDRESS, Math.max(1, pointers.size()));
        for (int i = 0; i < pointers.size(); i++) {
            array.setAtIndex(ValueLayout.ADDRESS, i, pointers.get(i));
        }
        return array;
    }

    /** What a function gives through its last argument. */
    private static MemorySegment pointer(String function, Object... arguments) {
        return result(function, arguments).get(ValueLayout.ADDRESS, 0);
    }

    private static long number(String function, Object... arguments) {
        return result(function, arguments).get(ValueLayout.JAVA_LONG, 0);
    }

    private static String text(String function, Object... arguments) {
        return pointer(function, arguments).reinterpret(Long.MAX_VALUE).getString(0);
    }

    private static MemorySegment result(String function, Object... arguments) {
        Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
        MemorySegment result = Arena.ofAuto().allocate(ValueLayout.ADDRESS);
        all[arguments.length] = result;
        call(function, all);
        return result;
    }

    private static void call(String function, Object... arguments) {
        int status = (int) invoke(function, true, arguments);
        if (status != 0) {
            throw new IllegalStateException(function + " failed (status " + status + ")");
        }
    }

    private static Object invoke(String function, boolean status, Object... arguments) {
        MemoryLayout[] layouts = Arrays.stream(arguments).map(LiteRt::layout).toArray(MemoryLayout[]::new);
        FunctionDescriptor descriptor =
                status ? FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts) : FunctionDescriptor.ofVoid(layouts);
        try {
            return Linker.nativeLinker()
                    .downcallHandle(LIBRARY.findOrThrow(function), descriptor)
                    .invokeWithArguments(arguments);
        } catch (Throwable problem) {
            throw new IllegalStateException(function + " cannot be called", problem);
        }
    }

    private static MemoryLayout layout(Object argument) {
        return switch (argument) {
            case Integer ignored -> ValueLayout.JAVA_INT;
            case Long ignored -> ValueLayout.JAVA_LONG;
            default -> ValueLayout.ADDRESS;
        };
    }
}
