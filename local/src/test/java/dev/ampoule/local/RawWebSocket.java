package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Random;

/** A WebSocket client that can do everything wrong (RFC 6455 §5.2). */
final class RawWebSocket implements AutoCloseable {
  static final int CONTINUATION = 0x0;
  static final int TEXT = 0x1;
  static final int BINARY = 0x2;
  static final int CLOSE = 0x8;
  static final int PING = 0x9;
  static final int PONG = 0xA;

  private static final int READ_TIMEOUT_MILLIS = 20_000;

  private final Random random = new Random(7);
  private final Socket socket;
  private final DataInputStream in;
  private final String responseHead;

  /**
   * @param opcode -1 where the connection ended without a frame
   */
  @SuppressWarnings("ArrayRecordComponent") // bytes of a frame, and no frame is compared
  record Frame(int opcode, boolean last, byte[] payload) {
    String text() {
      return new String(payload, UTF_8);
    }

    /** A close frame's code; 1005 where it has none. */
    int closeCode() {
      return payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xFFFF;
    }

    String closeReason() {
      return payload.length < 2 ? "" : new String(payload, 2, payload.length - 2, UTF_8);
    }
  }

  RawWebSocket(int port, String target, String... headerLines) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port), target, headerLines);
  }

  RawWebSocket(Socket socket, String target, String... headerLines) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(READ_TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    this.in = new DataInputStream(socket.getInputStream());
    byte[] key = new byte[16];
    random.nextBytes(key);
    var request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n");
    request.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
    request.append("Sec-WebSocket-Key: ").append(Base64.getEncoder().encodeToString(key));
    request.append("\r\n");
    for (String line : headerLines) {
      request.append(line).append("\r\n");
    }
    send(request.append("\r\n").toString().getBytes(ISO_8859_1));
    this.responseHead = readHead();
  }

  /** The status line and the headers. */
  String responseHead() {
    return responseHead;
  }

  int status() {
    return Integer.parseInt(responseHead.substring(9, 12));
  }

  /** What follows the head of a refusal. */
  String refusal() throws IOException {
    String length = responseHead.replaceAll("(?is).*content-length: (\\d+).*", "$1");
    return new String(in.readNBytes(Integer.parseInt(length)), UTF_8);
  }

  Socket socket() {
    return socket;
  }

  void text(String text) throws IOException {
    send(frame(true, TEXT, text.getBytes(UTF_8), true));
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** The bytes of one frame. */
  byte[] frame(boolean last, int opcode, byte[] payload, boolean masked) throws IOException {
    var frame = new ByteArrayOutputStream();
    frame.write((last ? 0x80 : 0) | opcode);
    int maskBit = masked ? 0x80 : 0;
    if (payload.length < 126) {
      frame.write(maskBit | payload.length);
    } else if (payload.length < 65_536) {
      frame.write(maskBit | 126);
      frame.write(ByteBuffer.allocate(2).putShort((short) payload.length).array());
    } else {
      frame.write(maskBit | 127);
      frame.write(ByteBuffer.allocate(8).putLong(payload.length).array());
    }
    byte[] mask = new byte[4];
    if (masked) {
      random.nextBytes(mask);
      frame.write(mask);
    }
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ mask[i % 4]);
    }
    return frame.toByteArray();
  }

  static byte[] closePayload(int code, String reason) {
    byte[] text = reason.getBytes(UTF_8);
    return ByteBuffer.allocate(2 + text.length).putShort((short) code).put(text).array();
  }

  Frame read() throws IOException {
    try {
      int first = in.readUnsignedByte();
      int length = in.readUnsignedByte();
      if (length == 126) {
        length = in.readUnsignedShort();
      } else if (length == 127) {
        length = Math.toIntExact(in.readLong());
      }
      byte[] payload = new byte[length];
      in.readFully(payload);
      return new Frame(first & 0x0F, (first & 0x80) != 0, payload);
    } catch (EOFException e) {
      return new Frame(-1, true, new byte[0]);
    }
  }

  /** The next frame that is no event of the flood's: for tests that drain. */
  Frame readUntilClose() throws IOException {
    Frame frame = read();
    while (frame.opcode() != CLOSE && frame.opcode() != -1) {
      frame = read();
    }
    return frame;
  }

  private String readHead() throws IOException {
    var head = new ByteArrayOutputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("no response to the handshake: " + head.toString(ISO_8859_1));
      }
      head.write(b);
    }
    return head.toString(ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
