package dev.ampoule.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A line between browser and server that can be cut: nothing passes then, what was open ends, and
 * what is tried fails. The server may be another one when it is restored.
 */
final class Line implements AutoCloseable {
  private static final int BUFFER_BYTES = 16 * 1024;

  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile int serverPort;
  private volatile boolean cut;

  Line(int serverPort) throws IOException {
    this.serverPort = serverPort;
    this.listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  void cut() {
    cut = true;
    open.forEach(Line::end);
  }

  void restore(int port) {
    serverPort = port;
    cut = false;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var client = listener.accept();
        if (cut) {
          end(client);
        } else {
          join(client, new Socket(InetAddress.getLoopbackAddress(), serverPort));
        }
      } catch (IOException e) {
        // The server is not there, or this line is closed.
      }
    }
  }

  private void join(Socket client, Socket server) {
    open.add(client);
    open.add(server);
    Thread.ofVirtual().start(() -> copy(client, server));
    Thread.ofVirtual().start(() -> copy(server, client));
    if (cut) {
      end(client);
      end(server);
    }
  }

  private void copy(Socket from, Socket to) {
    try (from;
        to) {
      var in = from.getInputStream();
      var out = to.getOutputStream();
      var buffer = new byte[BUFFER_BYTES];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // It was cut.
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // As good as closed.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
