package dev.ampoule.sandbox;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.TreeSet;

/**
 * The memory that plugin and host pass data through, apart from the plugin's own: blocks at
 * unsigned 64-bit offsets, 0 being "none". Follows Extism's kernel ({@code kernel/src/lib.rs},
 * extism 1.x): a bump allocator with reuse of freed blocks; a load outside reads 0, a store outside
 * is ignored; a length is asked of a block's first byte only. Unlike there, what is known of the
 * blocks lies outside the memory they share with the plugin, so no store can damage it.
 *
 * <p>Grows by pages out of the run's memory limit; the first page is on the house, so that a limit
 * can be set to what the plugin itself needs.
 */
final class HostBlocks {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int FIRST = 64;

  /** Bytes charged for each block besides its own: what the lists here may cost the heap. */
  private static final int GAP = 64;

  private static final int FREED = -1;

  /** A freed block is reused for one of at least half its size, or when there is no other room. */
  private static final int SLACK = 128;

  private static final int FIRST_BYTES = 4096;

  private final RunBudget budget;
  private int pages = 1;
  private byte[] bytes = new byte[FIRST_BYTES];
  private int end = FIRST;

  private int count;
  private int[] starts = new int[16];
  private int[] sizes = new int[16];
  private int[] used = new int[16];
  private final TreeSet<Long> freed = new TreeSet<>();

  private int inputOffset;
  private int inputLength;
  private int outputOffset;
  private int outputLength;
  private int errorOffset;

  HostBlocks(RunBudget budget) {
    this.budget = budget;
  }

  /** The offset of a new block, 0 for no bytes. */
  long alloc(long length) {
    if (length == 0) {
      return 0;
    }
    if (length < 0 || length > Integer.MAX_VALUE - RunBudget.PAGE_BYTES) {
      throw budget.outOfPages();
    }
    Long fit = freed.ceiling(length << Integer.SIZE);
    if (fit != null && (fit >>> Integer.SIZE) <= 2 * length + SLACK) {
      return reuse(fit, (int) length);
    }
    long newEnd = end + GAP + length;
    int more = (int) ((newEnd + RunBudget.PAGE_BYTES - 1) / RunBudget.PAGE_BYTES) - pages;
    if (newEnd > Integer.MAX_VALUE - Long.BYTES || (more > 0 && !budget.takePages(more))) {
      if (fit != null) {
        return reuse(fit, (int) length);
      }
      throw budget.outOfPages();
    }
    pages += Math.max(0, more);
    int start = end + GAP;
    end = (int) newEnd;
    if (bytes.length < end + Long.BYTES) {
      long room = Math.min(Math.max(2L * bytes.length, newEnd + Long.BYTES), capacityMax());
      bytes = Arrays.copyOf(bytes, (int) Math.max(room, newEnd + Long.BYTES));
    }
    if (count == starts.length) {
      int room = count + (count >> 1);
      starts = Arrays.copyOf(starts, room);
      sizes = Arrays.copyOf(sizes, room);
      used = Arrays.copyOf(used, room);
    }
    starts[count] = start;
    sizes[count] = (int) length;
    used[count] = (int) length;
    count++;
    return start;
  }

  private long capacityMax() {
    return Math.min(
        (long) pages * RunBudget.PAGE_BYTES + Long.BYTES, Integer.MAX_VALUE - Long.BYTES);
  }

  private long reuse(Long fit, int length) {
    freed.remove(fit);
    int block = fit.intValue();
    used[block] = length;
    return starts[block];
  }

  /** A new block holding these bytes; 0 when there are none. */
  long put(byte[] data) {
    long offset = alloc(data.length);
    System.arraycopy(data, 0, bytes, (int) offset, data.length);
    return offset;
  }

  void free(long offset) {
    int block = find(offset);
    if (block < 0) {
      return;
    }
    used[block] = FREED;
    freed.add(((long) sizes[block] << Integer.SIZE) | block);
    if (offset == inputOffset) {
      inputLength = 0;
    }
  }

  /** Bytes of the live block that starts at this offset, else 0. */
  int length(long offset) {
    int block = find(offset);
    return block < 0 ? 0 : used[block];
  }

  private int find(long offset) {
    if (offset <= 0 || offset >= end) {
      return -1;
    }
    int block = Arrays.binarySearch(starts, 0, count, (int) offset);
    return block >= 0 && used[block] != FREED ? block : -1;
  }

  /** A copy of the live block that starts here; of no bytes for offset 0. */
  byte[] bytes(long offset) {
    if (offset == 0) {
      return new byte[0];
    }
    int length = length(offset);
    if (length == 0) {
      throw RunStopped.badHostCall();
    }
    return Arrays.copyOfRange(bytes, (int) offset, (int) offset + length);
  }

  int loadU8(long offset) {
    return offset >= 0 && offset < bytes.length ? bytes[(int) offset] & 0xFF : 0;
  }

  long loadU64(long offset) {
    return offset >= 0 && offset <= bytes.length - Long.BYTES
        ? (long) LONG.get(bytes, (int) offset)
        : 0;
  }

  void storeU8(long offset, int value) {
    if (offset >= 0 && offset < bytes.length) {
      bytes[(int) offset] = (byte) value;
    }
  }

  void storeU64(long offset, long value) {
    if (offset >= 0 && offset <= bytes.length - Long.BYTES) {
      LONG.set(bytes, (int) offset, value);
    }
  }

  int inputU8(long offset) {
    return offset >= 0 && offset < inputLength ? loadU8(inputOffset + offset) : 0;
  }

  long inputU64(long offset) {
    return offset >= 0 && offset <= inputLength - Long.BYTES ? loadU64(inputOffset + offset) : 0;
  }

  void setInput(long offset, long length) {
    if (isWithin(offset, length)) {
      inputOffset = (int) offset;
      inputLength = (int) length;
    }
  }

  void setOutput(long offset, long length) {
    if (isWithin(offset, length)) {
      outputOffset = (int) offset;
      outputLength = (int) length;
    }
  }

  void setError(long offset) {
    if (offset == 0 || isWithin(offset, 1)) {
      errorOffset = (int) offset;
    }
  }

  /** Whether a range lies in the memory as it stands, block or not, as the kernel checks it. */
  private boolean isWithin(long offset, long length) {
    long size = memoryBytes();
    return offset >= FIRST && offset < size && length >= 0 && length <= size - offset;
  }

  int inputOffset() {
    return inputOffset;
  }

  int inputLength() {
    return inputLength;
  }

  int outputOffset() {
    return outputOffset;
  }

  int outputLength() {
    return outputLength;
  }

  int errorOffset() {
    return errorOffset;
  }

  long memoryBytes() {
    return (long) pages * RunBudget.PAGE_BYTES;
  }

  /** A copy of the output; what of it was never allocated reads as zeros. */
  byte[] output() {
    int from = Math.min(outputOffset, bytes.length);
    byte[] output =
        Arrays.copyOfRange(bytes, from, (int) Math.min((long) from + outputLength, bytes.length));
    return output.length == outputLength ? output : Arrays.copyOf(output, outputLength);
  }

  /** Forgets every block; the pages stay taken. */
  void reset() {
    Arrays.fill(bytes, (byte) 0);
    end = FIRST;
    count = 0;
    freed.clear();
    inputOffset = 0;
    inputLength = 0;
    outputOffset = 0;
    outputLength = 0;
    errorOffset = 0;
  }
}
