package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A file that pages refer to. Its URL has the hash of its content, so that a browser may keep it
 * for good and never mixes the files of two releases.
 */
public enum Asset {
  HTMX("htmx.min.js", "text/javascript"),
  HTMX_WS("htmx-ws.min.js", "text/javascript"),
  CLIENT("ampoule.js", "text/javascript"),
  PAGE("page.js", "text/javascript"),
  STYLE("page.css", "text/css"),
  ICON("icon.svg", "image/svg+xml");

  public static final String FOLDER = "/assets/";
  private static final int HASH_CHARS = 16;

  private final String mediaType;
  private final String text;
  private final String fileName;

  Asset(String resource, String mediaType) {
    this.mediaType = mediaType + "; charset=utf-8";
    byte[] bytes = read(resource);
    this.text = new String(bytes, StandardCharsets.UTF_8);
    int dot = resource.lastIndexOf('.');
    this.fileName = resource.substring(0, dot) + "." + hash(bytes) + resource.substring(dot);
  }

  /** The asset at {@link #FOLDER} + {@code fileName}; empty too where the hash is another one. */
  public static Optional<Asset> named(String fileName) {
    return Arrays.stream(values()).filter(asset -> asset.fileName.equals(fileName)).findFirst();
  }

  public String url() {
    return FOLDER + fileName;
  }

  public String mediaType() {
    return mediaType;
  }

  public String text() {
    return text;
  }

  private static byte[] read(String resource) {
    try (var in = Asset.class.getResourceAsStream(resource)) {
      return requireNonNull(in, resource).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("reading our own resource", e);
    }
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes))
          .substring(0, HASH_CHARS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
