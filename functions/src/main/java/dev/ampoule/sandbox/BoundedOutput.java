package dev.ampoule.sandbox;

import dev.ampoule.sandbox.RunOutcome.Limit;
import java.io.ByteArrayOutputStream;

/** Standard output as the run's output: the byte past the limit ends the run. */
final class BoundedOutput {
  private final int bytesMax;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  BoundedOutput(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  void write(byte[] more) {
    if (more.length > bytesMax - bytes.size()) {
      throw RunStopped.limit(Limit.OUTPUT_BYTES, bytesMax);
    }
    bytes.writeBytes(more);
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
