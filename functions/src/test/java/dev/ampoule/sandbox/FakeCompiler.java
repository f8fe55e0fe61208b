package dev.ampoule.sandbox;

import java.io.DataOutputStream;
import java.io.IOException;

/** Stands in for the compiler's child process and misbehaves as its class says. */
final class FakeCompiler {
  private FakeCompiler() {}

  private static DataOutputStream hello() throws IOException {
    DataOutputStream out = new DataOutputStream(System.out);
    out.write(CompilerProcess.HELLO);
    out.flush();
    return out;
  }

  static final class Crashes {
    public static void main(String[] args) throws IOException {
      hello();
      Runtime.getRuntime().halt(134);
    }
  }

  static final class EndsWithoutAReply {
    public static void main(String[] args) throws IOException {
      hello();
    }
  }

  static final class AnswersGarbage {
    public static void main(String[] args) throws IOException {
      DataOutputStream out = hello();
      out.writeBoolean(true);
      out.writeInt(Integer.MAX_VALUE);
      out.flush();
    }
  }

  static final class AnswersAnotherArtifact {
    public static void main(String[] args) throws IOException {
      new CompilerProcess.Reply.Compiled(new byte[] {1, 2, 3}).write(hello());
    }
  }

  static final class NeverStarts {
    public static void main(String[] args) {
      System.err.println("no such class");
      Runtime.getRuntime().halt(1);
    }
  }

  static final class LacksAClass {
    public static void main(String[] args) throws IOException {
      hello();
      System.err.println("NoClassDefFoundError");
      Runtime.getRuntime().halt(CompilerProcess.EXIT_BROKEN);
    }
  }

  /** Reads nothing either, so that feeding it a module of megabytes never ends. */
  static final class Hangs {
    public static void main(String[] args) throws Exception {
      hello();
      Thread.sleep(600_000);
    }
  }
}
