package dev.ampoule.sandbox;

import com.dylibso.chicory.runtime.ByteArrayMemory;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.runtime.WasmRuntimeException;
import com.dylibso.chicory.wasm.types.DataSegment;
import com.dylibso.chicory.wasm.types.MemoryLimits;

/**
 * Linear memory whose pages come out of the run's limit. Everything but growth and the bulk
 * operations goes straight to {@link ByteArrayMemory}, the fastest that Chicory has; those two are
 * checked here because 1.7.5 computes their ends in 32 bits and then fails with a
 * NullPointerException, or not at all.
 */
final class CappedMemory implements Memory {
  private final RunBudget budget;
  private final ByteArrayMemory memory;

  static CappedMemory of(MemoryLimits limits, RunBudget budget) {
    if (!budget.takePages(limits.initialPages())) {
      throw budget.outOfPages();
    }
    int maximum = Math.min(limits.maximumPages(), budget.memoryPagesMax());
    return new CappedMemory(
        budget,
        new ByteArrayMemory(
            new MemoryLimits(
                limits.initialPages(), Math.max(maximum, limits.initialPages()), limits.shared())),
        limits.maximumPages());
  }

  private final int declaredMaximum;

  private CappedMemory(RunBudget budget, ByteArrayMemory memory, int declaredMaximum) {
    this.budget = budget;
    this.memory = memory;
    this.declaredMaximum = declaredMaximum;
  }

  @Override
  public int pages() {
    return memory.pages();
  }

  /** Beyond the module's own maximum is its author's limit, not ours: refused without a note. */
  @Override
  public int grow(int pages) {
    if (declaredMaximum < MemoryLimits.MAX_PAGES
        && pages >= 0
        && memory.pages() + (long) pages > declaredMaximum) {
      return -1;
    }
    return budget.takePages(pages) ? memory.grow(pages) : -1;
  }

  @Override
  public void fill(byte value, int fromIndex, int toIndex) {
    requireWithin(fromIndex, toIndex - fromIndex);
    memory.fill(value, fromIndex, toIndex);
  }

  @Override
  public void copy(int dest, int src, int size) {
    requireWithin(dest, size);
    requireWithin(src, size);
    memory.copy(dest, src, size);
  }

  @Override
  public void initPassiveSegment(int segmentId, int dest, int offset, int size) {
    requireWithin(dest, size);
    memory.initPassiveSegment(segmentId, dest, offset, size);
  }

  /** Both are unsigned in WebAssembly, so a negative one is too great for any memory here. */
  private void requireWithin(int from, int size) {
    if (from < 0 || size < 0 || from + (long) size > (long) memory.pages() * PAGE_SIZE) {
      throw new WasmRuntimeException("out of bounds memory access");
    }
  }

  @Override
  public int initialPages() {
    return memory.initialPages();
  }

  @Override
  public int maximumPages() {
    return memory.maximumPages();
  }

  @Override
  public boolean shared() {
    return memory.shared();
  }

  @Override
  @SuppressWarnings("removal")
  public Object lock(int address) {
    return memory.lock(address);
  }

  @Override
  @SuppressWarnings("removal")
  public int waitOn(int address, int expected, long timeout) {
    return memory.waitOn(address, expected, timeout);
  }

  @Override
  @SuppressWarnings("removal")
  public int waitOn(int address, long expected, long timeout) {
    return memory.waitOn(address, expected, timeout);
  }

  @Override
  @SuppressWarnings("removal")
  public int notify(int address, int maxThreads) {
    return memory.notify(address, maxThreads);
  }

  @Override
  public void atomicFence() {
    memory.atomicFence();
  }

  @Override
  public int atomicReadInt(int addr) {
    return memory.atomicReadInt(addr);
  }

  @Override
  public long atomicReadLong(int addr) {
    return memory.atomicReadLong(addr);
  }

  @Override
  public short atomicReadShort(int addr) {
    return memory.atomicReadShort(addr);
  }

  @Override
  public byte atomicReadByte(int addr) {
    return memory.atomicReadByte(addr);
  }

  @Override
  public void atomicWriteInt(int addr, int value) {
    memory.atomicWriteInt(addr, value);
  }

  @Override
  public void atomicWriteLong(int addr, long value) {
    memory.atomicWriteLong(addr, value);
  }

  @Override
  public void atomicWriteShort(int addr, short value) {
    memory.atomicWriteShort(addr, value);
  }

  @Override
  public void atomicWriteByte(int addr, byte value) {
    memory.atomicWriteByte(addr, value);
  }

  @Override
  public int atomicAddInt(int addr, int delta) {
    return memory.atomicAddInt(addr, delta);
  }

  @Override
  public int atomicAndInt(int addr, int mask) {
    return memory.atomicAndInt(addr, mask);
  }

  @Override
  public int atomicOrInt(int addr, int mask) {
    return memory.atomicOrInt(addr, mask);
  }

  @Override
  public int atomicXorInt(int addr, int mask) {
    return memory.atomicXorInt(addr, mask);
  }

  @Override
  public int atomicXchgInt(int addr, int value) {
    return memory.atomicXchgInt(addr, value);
  }

  @Override
  public int atomicCmpxchgInt(int addr, int expected, int replacement) {
    return memory.atomicCmpxchgInt(addr, expected, replacement);
  }

  @Override
  public long atomicAddLong(int addr, long delta) {
    return memory.atomicAddLong(addr, delta);
  }

  @Override
  public long atomicAndLong(int addr, long mask) {
    return memory.atomicAndLong(addr, mask);
  }

  @Override
  public long atomicOrLong(int addr, long mask) {
    return memory.atomicOrLong(addr, mask);
  }

  @Override
  public long atomicXorLong(int addr, long mask) {
    return memory.atomicXorLong(addr, mask);
  }

  @Override
  public long atomicXchgLong(int addr, long value) {
    return memory.atomicXchgLong(addr, value);
  }

  @Override
  public long atomicCmpxchgLong(int addr, long expected, long replacement) {
    return memory.atomicCmpxchgLong(addr, expected, replacement);
  }

  @Override
  public short atomicAddShort(int addr, short delta) {
    return memory.atomicAddShort(addr, delta);
  }

  @Override
  public short atomicAndShort(int addr, short mask) {
    return memory.atomicAndShort(addr, mask);
  }

  @Override
  public short atomicOrShort(int addr, short mask) {
    return memory.atomicOrShort(addr, mask);
  }

  @Override
  public short atomicXorShort(int addr, short mask) {
    return memory.atomicXorShort(addr, mask);
  }

  @Override
  public short atomicXchgShort(int addr, short value) {
    return memory.atomicXchgShort(addr, value);
  }

  @Override
  public short atomicCmpxchgShort(int addr, short expected, short replacement) {
    return memory.atomicCmpxchgShort(addr, expected, replacement);
  }

  @Override
  public byte atomicAddByte(int addr, byte delta) {
    return memory.atomicAddByte(addr, delta);
  }

  @Override
  public byte atomicAndByte(int addr, byte mask) {
    return memory.atomicAndByte(addr, mask);
  }

  @Override
  public byte atomicOrByte(int addr, byte mask) {
    return memory.atomicOrByte(addr, mask);
  }

  @Override
  public byte atomicXorByte(int addr, byte mask) {
    return memory.atomicXorByte(addr, mask);
  }

  @Override
  public byte atomicXchgByte(int addr, byte value) {
    return memory.atomicXchgByte(addr, value);
  }

  @Override
  public byte atomicCmpxchgByte(int addr, byte expected, byte replacement) {
    return memory.atomicCmpxchgByte(addr, expected, replacement);
  }

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments) {
    memory.initialize(instance, dataSegments);
  }

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments, int memoryIndex) {
    memory.initialize(instance, dataSegments, memoryIndex);
  }

  @Override
  public void write(int addr, byte[] data) {
    memory.write(addr, data);
  }

  @Override
  public void write(int addr, byte[] data, int offset, int size) {
    memory.write(addr, data, offset, size);
  }

  @Override
  public byte read(int addr) {
    return memory.read(addr);
  }

  @Override
  public byte[] readBytes(int addr, int len) {
    return memory.readBytes(addr, len);
  }

  @Override
  public void writeI32(int addr, int data) {
    memory.writeI32(addr, data);
  }

  @Override
  public int readInt(int addr) {
    return memory.readInt(addr);
  }

  @Override
  public void writeLong(int addr, long data) {
    memory.writeLong(addr, data);
  }

  @Override
  public long readLong(int addr) {
    return memory.readLong(addr);
  }

  @Override
  public void writeShort(int addr, short data) {
    memory.writeShort(addr, data);
  }

  @Override
  public short readShort(int addr) {
    return memory.readShort(addr);
  }

  @Override
  public long readU16(int addr) {
    return memory.readU16(addr);
  }

  @Override
  public void writeByte(int addr, byte data) {
    memory.writeByte(addr, data);
  }

  @Override
  public void writeF32(int addr, float data) {
    memory.writeF32(addr, data);
  }

  @Override
  public long readF32(int addr) {
    return memory.readF32(addr);
  }

  @Override
  public float readFloat(int addr) {
    return memory.readFloat(addr);
  }

  @Override
  public void writeF64(int addr, double data) {
    memory.writeF64(addr, data);
  }

  @Override
  public double readDouble(int addr) {
    return memory.readDouble(addr);
  }

  @Override
  public long readF64(int addr) {
    return memory.readF64(addr);
  }

  /** Chicory calls this once, on memory that Java has just handed out as zeros. */
  @Override
  public void zero() {}

  @Override
  public void drop(int segment) {
    memory.drop(segment);
  }
}
