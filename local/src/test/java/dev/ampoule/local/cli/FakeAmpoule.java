package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A server in memory that keeps to the REST contract, as far as the commands use it. */
final class FakeAmpoule implements AutoCloseable {
  static final String TOKEN = "header.payload.signature";
  static final String SIGNATURE = "X-Amz-Signature=5ec4e7";
  private static final int PAGE = 2;

  private static final JsonMapper JSON = new JsonMapper();

  /** A version as it is listed. */
  record Version(String state, String digest, String registeredAt, List<String> reasons) {
    static Version live(String digest) {
      return new Version("LIVE", digest, "2026-11-23T10:00:00Z", List.of());
    }

    Version in(String newState) {
      return new Version(newState, digest, registeredAt, reasons);
    }

    Version because(String... why) {
      return new Version(state, digest, registeredAt, List.of(why));
    }

    Version at(String time) {
      return new Version(state, digest, time, reasons);
    }

    Version of(String otherDigest) {
      return new Version(state, otherDigest, registeredAt, reasons);
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  record Seen(String call, Map<String, String> query, Map<String, String> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  record Canned(int status, Map<String, String> headers, byte[] body) {
    static Canned json(int status, String body) {
      return of(status, "application/json", body);
    }

    static Canned problem(int status, String body) {
      return of(status, "application/problem+json", body);
    }

    static Canned of(int status, String type, String body) {
      return of(status, type, body.getBytes(StandardCharsets.UTF_8));
    }

    static Canned of(int status, String type, byte[] body) {
      return new Canned(status, Map.of("Content-Type", type), body);
    }
  }

  private final HttpServer http;

  final Map<String, Map<String, Version>> plugins = new TreeMap<>();
  final List<ObjectNode> entries = new ArrayList<>();
  final List<Seen> seen = new CopyOnWriteArrayList<>();

  /** Answers to given calls, in place of the contract's. */
  final Map<String, Canned> canned = new ConcurrentHashMap<>();

  /** Bodies of given pages, by call and, but for the first page, a blank and its {@code next}. */
  final Map<String, String> cannedPages = new ConcurrentHashMap<>();

  /** What an upload is registered as; by default the first version goes live. */
  @Nullable Version registersAs;

  /** How many times a version is asked for before its upload is registered. */
  int pollsUntilRegistered;

  private int polls;
  private @Nullable Runnable registration;

  FakeAmpoule() {
    try {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    http.createContext("/", this::handle);
    http.start();
  }

  String url() {
    return "http://localhost:" + http.getAddress().getPort();
  }

  List<String> calls() {
    return seen.stream().map(Seen::call).toList();
  }

  Seen last() {
    return seen.getLast();
  }

  static String digest(byte[] content) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    Seen request = seen(exchange);
    seen.add(request);
    Canned answer =
        Optional.ofNullable(canned.get(request.call())).orElseGet(() -> answer(request));
    answer.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
    exchange.sendResponseHeaders(
        answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
    exchange.getResponseBody().write(answer.body());
    exchange.close();
  }

  private static Seen seen(HttpExchange exchange) throws IOException {
    Map<String, String> query = new LinkedHashMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    if (raw != null) {
      for (String pair : raw.split("&", -1)) {
        String[] parts = pair.split("=", 2);
        query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
      }
    }
    Map<String, String> headers = new LinkedHashMap<>();
    exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.getFirst()));
    return new Seen(
        exchange.getRequestMethod() + " " + exchange.getRequestURI().getRawPath(),
        query,
        headers,
        exchange.getRequestBody().readAllBytes());
  }

  private Canned answer(Seen request) {
    String next = request.query().getOrDefault("next", "");
    String page = cannedPages.get(next.isEmpty() ? request.call() : request.call() + " " + next);
    if (page != null) {
      return Canned.json(200, page);
    }
    String[] call = request.call().split(" ", 2);
    List<String> path = Arrays.asList(call[1].substring(1).split("/", -1));
    if (path.getFirst().equals("bucket")) {
      return put(request, path);
    }
    if (!("Bearer " + TOKEN).equals(request.headers().get("Authorization"))) {
      return problem(401, "No valid bearer token", "Send a token: Authorization: Bearer …");
    }
    int size = path.size();
    if (path.get(1).equals("audit")) {
      return audit(request, path);
    }
    if (size == 2) {
      return plugins(request);
    }
    String name = path.get(2);
    if (size == 4 && path.get(3).equals("uploads")) {
      return grant(name, request);
    }
    if (request.call().startsWith("POST") && path.getLast().equals("invoke")) {
      return Canned.of(200, "application/octet-stream", request.body());
    }
    if (!plugins.containsKey(name) && size < 5) {
      return problem(404, "No such plugin", "No version of it was ever registered.");
    }
    if (size < 5) {
      return versions(name, request, size == 3);
    }
    return version(name, path.get(4), request);
  }

  private Canned plugins(Seen request) {
    List<ObjectNode> items = new ArrayList<>();
    plugins.forEach((name, versions) -> {
      ObjectNode item = JSON.createObjectNode().put("name", name);
      live(versions).ifPresent(live -> item.put("live", live));
      items.add(item);
    });
    return page(JSON.createObjectNode(), "plugins", items, request, PAGE);
  }

  private Canned versions(String name, Seen request, boolean withPlugin) {
    Map<String, Version> versions = plugins.getOrDefault(name, Map.of());
    List<ObjectNode> items = new ArrayList<>();
    versions.forEach((version, record) -> items.add(render(version, record)));
    ObjectNode document = JSON.createObjectNode();
    if (withPlugin) {
      document.put("name", name);
      live(versions).ifPresent(live -> document.put("live", live));
    }
    return page(document, "versions", items, request, PAGE);
  }

  private Canned version(String name, String version, Seen request) {
    if (registration != null
        && request.call().startsWith("GET")
        && ++polls > pollsUntilRegistered) {
      registration.run();
      registration = null;
    }
    Version record = plugins.getOrDefault(name, Map.of()).get(version);
    if (record == null) {
      return problem(404, "The plugin has no such version", "This version was never registered.");
    }
    ObjectNode body = JSON.createObjectNode().put("name", name);
    if (request.call().endsWith("/activate")) {
      Map<String, Version> versions = plugins.getOrDefault(name, Map.of());
      live(versions).ifPresent(before -> body.put("before", before));
      versions.replaceAll((_, old) -> old.state().equals("LIVE") ? old.in("VALIDATED") : old);
      record = record.in("LIVE");
      versions.put(version, record);
    }
    body.setAll(render(version, record));
    return Canned.json(200, body.toString());
  }

  private Canned grant(String name, Seen request) {
    try {
      String version = JSON.readTree(request.body()).path("version").asText();
      Version existing = plugins.getOrDefault(name, Map.of()).get(version);
      if (existing != null && !existing.state().equals("REJECTED")) {
        return Canned.problem(
            409,
            """
            {"type":"https://ampoule.dev/problems/version-exists",\
            "title":"The version exists already; versions are immutable","status":409,\
            "detail":"The version is %s; choose another version number.","state":"%s"}\
            """
                .formatted(existing.state(), existing.state()));
      }
      ObjectNode body = JSON.createObjectNode().put("plugin", name).put("version", version);
      ObjectNode uploads = body.putObject("uploads");
      String object = url() + "/bucket/plugins/" + name + "/" + version;
      uploads.putObject("module").put("method", "PUT").put("url", object + ".wasm?" + SIGNATURE);
      uploads.putObject("manifest").put("method", "PUT").put("url", object + ".json?" + SIGNATURE);
      uploads
          .putObject("signature")
          .put("method", "PUT")
          .put("url", object + ".wasm.sig?" + SIGNATURE);
      body.put("expiresAt", "2026-11-23T10:15:00Z");
      return Canned.json(201, body.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Canned put(Seen request, List<String> path) {
    if (path.getLast().endsWith(".sig")) {
      return Canned.of(200, "application/xml", "");
    }
    String name = path.get(2);
    String version = path.get(3).replaceAll("\\.wasm$", "");
    Version as =
        Optional.ofNullable(registersAs)
            .orElseGet(() ->
                Version.live(digest(request.body()))
                    .in(plugins.containsKey(name) ? "VALIDATED" : "LIVE"));
    registration = () -> plugins.computeIfAbsent(name, _ -> new LinkedHashMap<>()).put(version, as);
    return Canned.of(200, "application/xml", "");
  }

  private Canned audit(Seen request, List<String> path) {
    if (path.size() == 2) {
      int limit = Integer.parseInt(request.query().getOrDefault("limit", "50"));
      return page(JSON.createObjectNode(), "entries", entries, request, Math.min(limit, PAGE));
    }
    return entries.stream()
        .filter(entry -> entry.path("id").asText().equals(path.get(2)))
        .findFirst()
        .map(entry -> Canned.json(200, entry.toString()))
        .orElseGet(() -> problem(404, "No such audit entry", "No entry has this id."));
  }

  private static Canned page(
      ObjectNode document, String field, List<ObjectNode> items, Seen request, int size) {
    int from = Integer.parseInt(request.query().getOrDefault("next", "0"));
    int to = Math.min(items.size(), from + size);
    var array = document.putArray(field);
    items.subList(from, to).forEach(array::add);
    if (to < items.size()) {
      document.put("next", Integer.toString(to));
    }
    return Canned.json(200, document.toString());
  }

  private static ObjectNode render(String version, Version record) {
    ObjectNode node =
        JSON.createObjectNode()
            .put("version", version)
            .put("state", record.state())
            .put("digest", record.digest())
            .put("registeredAt", record.registeredAt());
    if (!record.reasons().isEmpty()) {
      record.reasons().forEach(node.withArray("reasons")::add);
    }
    return node;
  }

  private static Optional<String> live(Map<String, Version> versions) {
    return versions.entrySet().stream()
        .filter(version -> version.getValue().state().equals("LIVE"))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private static Canned problem(int status, String title, String detail) {
    return Canned.problem(
        status,
        JSON.createObjectNode()
            .put("type", "https://ampoule.dev/problems/some")
            .put("title", title)
            .put("status", status)
            .put("detail", detail)
            .toString());
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
