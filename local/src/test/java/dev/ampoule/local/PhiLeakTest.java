package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.read.ListAppender;
import com.dylibso.chicory.wabt.Wat2Wasm;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * Sends a marked patient through every way a call can end on the real stack, then looks for the
 * marks wherever none may be: log, audit, headers, other calls' answers.
 */
final class PhiLeakTest {
  private static final String NAME = "Zyx Marker-Patient";
  private static final String CPF = "529.982.247-25";
  private static final String MRN = "99887766";
  private static final String PATIENT = NAME + "; CPF " + CPF + "; MRN " + MRN;

  /**
   * In lower case; also what is left of the marks when they are split, joined or encoded. None of
   * them is likely in random base64.
   */
  private static final List<String> MARKS =
      List.of("zyx marker", "zyx.", "zyx;", "marker-patient", CPF, "529982247", "529.982", MRN);

  private static final JsonMapper JSON = new JsonMapper();
  private static final String RAW =
      """
      {"output":"text/plain",
       "capabilities":{"log":true,"vars":{"bytes":16},"http":{"hosts":["127.0.0.1"]}},
       "limits":{"timeoutMs":2000,"memoryPages":64,"inputBytes":1000,"outputBytes":100000},
       "phi":{"access":"raw","purposes":["TREAT"]}}
      """;

  @TempDir private static Path home;
  private static final ListAppender<ILoggingEvent> LOGGED = new ListAppender<>();
  private static final List<Appender<ILoggingEvent>> OTHERS = new ArrayList<>();
  private static final Map<Logger, Level> LEVELS = new HashMap<>();

  /** By what was tried. */
  private static final Map<String, HttpResponse<byte[]>> ANSWERS = new LinkedHashMap<>();

  private static final List<String> UNEXPECTED = new ArrayList<>();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static Stack stack;
  private static HttpServer tooMuch;
  private static String export = "";

  @BeforeAll
  static void sendThePatientEverywhere() throws Exception {
    capture();
    stack = new Stack(home, Optional.empty(), "127.0.0.0/8");
    tooMuch = servingTooMuch();
    register("attacks", wasm("attacks.wat"), RAW.replace("2000", "20000"));
    register("leaks", wasm("leaks.wat"), RAW);
    register("stderr", wasm("stderr.wat"), RAW);
    register("redacted", wasm("leaks.wat"), RAW.replace("\"raw\"", "\"redacted\""));
    register(
        "open-log", wasm("leaks.wat"), "{\"capabilities\":{\"log\":true,\"http\":{\"hosts\":[]}}}");

    everyEndOfARun();
    requestsThatAreRefused();
    uploadsThatAreRefused();
    call("nothing of it is left", "leaks/invoke?function=echo", "clean", 200);

    var exported = stack.get("/v1/audit/export", stack.token("auditor"));
    assertThat(exported.statusCode()).isEqualTo(200);
    export = Stack.text(exported);
    brokenStores();
  }

  @AfterAll
  static void stop() {
    stack.close();
    tooMuch.stop(0);
    HTTP.close();
    root().detachAppender(LOGGED);
    OTHERS.forEach(root()::addAppender);
    LEVELS.forEach(Logger::setLevel);
  }

  private static void everyEndOfARun() throws Exception {
    call("success", "attacks/invoke?function=echo", PATIENT, 200);
    call("success of a version", "attacks/versions/1.0.0/invoke?function=echo", PATIENT, 200);
    call("plugin error", "attacks/invoke?function=fail", PATIENT, 422);
    call("trap", "attacks/invoke?function=unreachable", PATIENT, 502);
    call("bad load", "attacks/invoke?function=wild-load", PATIENT, 502);
    call("time-out", "leaks/invoke?function=log-and-loop", PATIENT, 504);
    call("host calls", "attacks/invoke?function=calls", PATIENT, 502);
    call("call depth", "attacks/invoke?function=recurse", PATIENT, 502);
    call("memory", "attacks/invoke?function=grow", PATIENT, 502);
    call("output", "attacks/invoke?function=output", PATIENT, 502);
    call("variables", "attacks/invoke?function=vars", PATIENT, 502);
    call("log", "attacks/invoke?function=logs", PATIENT, 502);
    call("tables", "leaks/invoke?function=tables", PATIENT, 502);
    call("input", "leaks/invoke?function=echo", PATIENT.repeat(40), 413);
    call("gateway's limit", "leaks/invoke?function=echo", PATIENT.repeat(200_000), 413);

    call("log lines", "leaks/invoke?function=log", PATIENT, 200);
    call("log lines, redacted", "redacted/invoke?function=log", PATIENT, 200);
    call("log lines, no PHI", "open-log/invoke?function=log", "CPF " + CPF + " MRN " + MRN, 200);
    call("log and error", "leaks/invoke?function=log-and-fail", PATIENT, 422);
    call("log and trap", "leaks/invoke?function=log-and-trap", PATIENT, 502);
    call("log flood", "leaks/invoke?function=log-flood", PATIENT, 502);
    call("config", "leaks/invoke?function=config", PATIENT, 200);
    call("variable", "leaks/invoke?function=var", PATIENT, 502);
    call("stderr", "stderr/invoke", PATIENT, 200);
    call("exit status", "stderr/invoke", "!" + PATIENT, 422);

    var host = "http://127.0.0.1:" + tooMuch.getAddress().getPort();
    request("answer too large", "{\"url\":\"" + host + "/" + MRN + "?name=Zyx\"}", 502);
    request("host not granted", "{\"url\":\"http://zyx.invalid/" + MRN + "\"}", 403);
    request("no connection", "{\"url\":\"http://127.0.0.1:1/" + MRN + "\"}", 422);
    request("no request", PATIENT, 502);
    request("no URL", "{\"url\":\"" + PATIENT + "\"}", 422);
    request("another scheme", "{\"url\":\"zyx://127.0.0.1/" + MRN + "\"}", 422);
    request("no method", "{\"url\":\"" + host + "/\",\"method\":\"" + PATIENT + "\"}", 422);
    request(
        "no header", "{\"url\":\"" + host + "/\",\"headers\":{\"" + PATIENT + "\":\"x\"}}", 422);
    request(
        "no header value",
        "{\"url\":\"" + host + "/\",\"headers\":{\"x\":\"Zyx\\r\\n" + MRN + "\"}}",
        422);
  }

  private static void request(String what, String json, int status) throws Exception {
    call("http: " + what, "leaks/invoke?function=request", json, status);
  }

  private static void requestsThatAreRefused() throws Exception {
    call("function, no name", "leaks/invoke?function=" + encoded(PATIENT), PATIENT, 400);
    call("function, unknown", "leaks/invoke?function=Zyx-" + MRN, PATIENT, 400);
    call("parameter", "leaks/invoke?function=echo&" + encoded(NAME) + "=" + MRN, "clean", 200);
    call("plugin, no name", encoded(PATIENT) + "/invoke", PATIENT, 400);
    call("plugin, unknown", "p-" + MRN + "/invoke", PATIENT, 404);
    call("plugin, unknown version", "zyx-" + MRN + "/versions/1.0.0/invoke", PATIENT, 404);
    call("version, none", "leaks/versions/" + encoded(PATIENT) + "/invoke", PATIENT, 400);
    call("version, unknown", "leaks/versions/1.0.0-zyx." + MRN + "/invoke", PATIENT, 404);

    var operator = stack.token("operator");
    var auditor = stack.token("auditor");
    post("forbidden", "/v1/plugins/zyx-" + MRN + "/invoke", auditor, PATIENT, 403);
    post("no route", "/v1/patients/" + encoded(PATIENT), operator, PATIENT, 404);
    post(
        "activate unknown",
        "/v1/plugins/p-" + MRN + "/versions/1.0.0-zyx." + MRN + "/activate",
        operator,
        "",
        404);
    post("activate, body", "/v1/plugins/leaks/versions/1.0.0/activate", operator, PATIENT, 400);
    get("plugin", "/v1/plugins/p-" + MRN, operator, 404);
    get("plugin's version", "/v1/plugins/leaks/versions/1.0.0-zyx." + MRN, operator, 404);
    get("page of plugins", "/v1/plugins?next=" + encoded(PATIENT), operator, 400);
    get("page of versions", "/v1/plugins/leaks/versions?next=" + encoded(NAME), operator, 400);
    get("entry, no id", "/v1/audit/" + encoded(PATIENT), auditor, 400);
    get(
        "entry, unknown",
        "/v1/audit/019a0000-0000-7000-8000-000099887766." + MRN + ".1",
        auditor,
        404);
    for (var parameter : List.of("from", "to", "plugin", "outcome", "limit", "next", NAME)) {
      get(
          "audit by " + parameter,
          "/v1/audit?" + encoded(parameter) + "=" + encoded(PATIENT),
          auditor,
          400);
    }
    get("audit by actor", "/v1/audit?actor=" + encoded(PATIENT), auditor, 200);
    get("audit by unknown plugin", "/v1/audit?plugin=zyx-" + MRN, auditor, 200);

    tokens();
    headers();
    noHttp();
  }

  private static void tokens() throws Exception {
    var claims =
        new JWTClaimsSet.Builder()
            .issuer(LocalIssuer.ISSUER)
            .audience(LocalIssuer.AUDIENCE)
            .subject(PATIENT)
            .claim("roles", List.of("admin"))
            .build();
    var foreign = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
    foreign.sign(new MACSigner(new byte[32]));
    var good = stack.token("integration");
    var tampered =
        good.substring(0, good.indexOf('.') + 1)
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(claims.toString().getBytes(StandardCharsets.UTF_8))
            + good.substring(good.lastIndexOf('.'));
    Map.of(
            "plain text",
            PATIENT,
            "no JWT",
            "Zyx.Marker-Patient." + MRN,
            "unsigned",
            new PlainJWT(claims).serialize(),
            "of another issuer",
            foreign.serialize(),
            "tampered with",
            tampered)
        .forEach((what, token) ->
            attempt(
                "token " + what,
                401,
                builder("/v1/plugins/leaks/invoke", token).POST(BodyPublishers.ofString(PATIENT))));
    attempt(
        "role",
        403,
        builder("/v1/plugins/leaks/invoke?function=echo", stack.token("Zyx-" + MRN))
            .POST(BodyPublishers.ofString(PATIENT)));
    attempt(
        "basic",
        401,
        HttpRequest.newBuilder(stack.url("/v1/plugins/leaks/invoke"))
            .header(
                "Authorization",
                "Basic "
                    + Base64.getEncoder().encodeToString(PATIENT.getBytes(StandardCharsets.UTF_8)))
            .POST(BodyPublishers.ofString(PATIENT)));
  }

  private static void headers() {
    for (var header :
        List.of(
            "X-Patient",
            "Referer",
            "User-Agent",
            "X-Amzn-Trace-Id",
            "X-Request-Id",
            "X-Forwarded-For",
            "Accept",
            "Content-Type",
            "Cookie")) {
      attempt(
          "header " + header,
          422,
          builder("/v1/plugins/attacks/invoke?function=fail", stack.token("integration"))
              .header(header, PATIENT)
              .POST(BodyPublishers.ofString("clean")));
    }
  }

  /** What is no HTTP at all is answered by closing, or by an error of the gateway's own. */
  private static void noHttp() throws IOException {
    for (var text :
        List.of(
            PATIENT + "\r\n\r\n",
            "GET /" + MRN + " HTTP/9.9\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: " + NAME + "\r\n\r\n",
            "GET /%zz" + MRN + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + NAME + "\r\n")) {
      try (var socket =
          new Socket(InetAddress.getLoopbackAddress(), stack.local().url().getPort())) {
        socket.setSoTimeout(10_000);
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.shutdownOutput();
        var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(marksIn(answer)).as(text).isEmpty();
      }
    }
  }

  private static void uploadsThatAreRefused() throws Exception {
    var author = stack.token("author");
    var uploads = "/v1/plugins/leaks/uploads";
    post("upload, no JSON", uploads, author, PATIENT, 400);
    post("upload, broken JSON", uploads, author, "{\"version\": " + PATIENT, 400);
    post("upload, field", uploads, author, "{\"" + PATIENT + "\":\"" + PATIENT + "\"}", 400);
    post("upload, version", uploads, author, "{\"version\":\"" + PATIENT + "\"}", 400);
    post("upload, plugin", "/v1/plugins/" + encoded(NAME) + "/uploads", author, "{}", 400);
    for (var manifest :
        List.of(
            "\"" + PATIENT + "\"",
            "{\"" + PATIENT + "\":1}",
            "{\"" + CPF + "\":1}",
            "{\"description\":1,\"limits\":{\"" + MRN + "\":\"" + MRN + "\"}}",
            "{\"function\":\"" + PATIENT + "\"}",
            "{\"input\":\"" + PATIENT + "\"}",
            "{\"capabilities\":{\"config\":{\"" + MRN + "\":1}}}",
            "{\"capabilities\":{\"http\":{\"hosts\":[\"" + PATIENT + "\"]}}}",
            "{\"phi\":{\"access\":\"" + NAME + "\",\"purposes\":[\"" + MRN + "\"]}}")) {
      post(
          "upload, manifest " + manifest,
          uploads,
          author,
          "{\"version\":\"9.0.0\",\"manifest\":" + manifest + "}",
          400);
    }
    // The bucket takes anything; what is wrong with it shows at the registration.
    int number = 0;
    for (var manifest :
        List.of(
            PATIENT,
            "{\"" + PATIENT + "\":\"" + PATIENT + "\"}",
            "{\"" + CPF + "\":1}",
            "{\"name\":\"zyx-" + MRN + "\",\"version\":\"1.0.0-zyx.1\"}")) {
      stack.put("refused", "1.0." + number, manifest, wasm("leaks.wat"));
      assertThat(stack.registered("refused", "1.0." + number).path("state").asText())
          .as(manifest)
          .isEqualTo("REJECTED");
      number++;
    }
    stack.put("refused", "2.0.0", "", PATIENT.getBytes(StandardCharsets.UTF_8));
    stack.put(
        "refused",
        "2.0.1",
        "",
        Wat2Wasm.parse(
            "(module (import \"%s\" \"%s\" (func)) (func (export \"%s\")))"
                .formatted(NAME, CPF, MRN)));
    for (var version : List.of("2.0.0", "2.0.1")) {
      assertThat(stack.registered("refused", version).path("state").asText()).isEqualTo("REJECTED");
    }
    // No module's key: left alone.
    for (var key : List.of("plugins/" + PATIENT + ".wasm", "plugins/Zyx/" + MRN + ".wasm")) {
      stack.s3().putObject(b -> b.bucket(stack.bucket()).key(key), RequestBody.fromString(PATIENT));
    }
    stack.put("leaks", "1.0.0", RAW, PATIENT.getBytes(StandardCharsets.UTF_8)); // a conflict
    call("rejected version", "refused/versions/2.0.0/invoke", PATIENT, 409);
    call("no live version", "refused/invoke", PATIENT, 404);
  }

  /** Last, for nothing is audited any more once the audit's table and spool are gone. */
  private static void brokenStores() throws Exception {
    try (var dynamoDb =
        DynamoDbClient.builder()
            .endpointOverride(stack.local().environment().dynamoDbEndpoint())
            .region(Region.of(AwsEdge.REGION))
            .credentialsProvider(
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(AwsEdge.ACCESS_KEY_ID, AwsEdge.SECRET_ACCESS_KEY)))
            .httpClient(UrlConnectionHttpClient.create())
            .build()) {
      // Registered and never run: its module is in the store alone.
      // Other bytes than the modules that are loaded, with which it would share one: an empty
      // custom
      // section is added.
      register("lost", withCustomSection(wasm("stderr.wat")), RAW);
      for (var object :
          stack.s3().listObjectsV2Paginator(b -> b.bucket(stack.bucket())).contents()) {
        if (!object.key().startsWith("plugins/")) {
          stack.s3().deleteObject(b -> b.bucket(stack.bucket()).key(object.key()));
        }
      }
      call("module lost", "lost/invoke", PATIENT, 503);
      var auditor = stack.token("auditor");
      export += Stack.text(stack.get("/v1/audit/export", auditor));

      dynamoDb.deleteTable(b -> b.tableName(stack.table("Plugins")));
      call("catalogue down", "other-" + MRN + "/invoke", PATIENT, 503);
      get("catalogue down for reading", "/v1/plugins/p-" + MRN, stack.token("operator"), 503);
      export += Stack.text(stack.get("/v1/audit/export", auditor));

      dynamoDb.deleteTable(b -> b.tableName(stack.table("Audit")));
      // Known from before, and its entry goes to the spool.
      call("both tables down", "attacks/invoke?function=echo", PATIENT, 200);
      post("both tables down for a refusal", "/v1/plugins/leaks/invoke", "", PATIENT, 401);
      emptyAndDelete(stack.bucket("spool"));
      call("audit down", "attacks/invoke?function=echo", PATIENT, 503);
      post("audit down for a refusal", "/v1/plugins/leaks/invoke", "", PATIENT, 503);
      get("health", "/health", "", 503);
    }
  }

  @Test
  void everyCallEndsInTheWayItIsToTry() {
    assertThat(UNEXPECTED).isEmpty();
  }

  @Test
  void noLogEventHoldsAMark() {
    var leaks = new ArrayList<String>();
    for (var event : List.copyOf(LOGGED.list)) {
      var text = text(event);
      if (!marksIn(text).isEmpty()) {
        leaks.add(text);
      }
    }
    assertThat(leaks).isEmpty();
  }

  @Test
  void whatPluginsLogIsTheirLengthOrRedacted() {
    var lines =
        LOGGED.list.stream()
            .filter(event -> event.getLoggerName().equals("plugin"))
            .map(ILoggingEvent::getFormattedMessage)
            .toList();
    var length = "%d characters, not shown: phi.access".formatted(PATIENT.length());
    for (var plugin : List.of("leaks@1.0.0 ", "redacted@1.0.0 ", "stderr@1.0.0 ")) {
      assertThat(lines).anyMatch(line -> line.startsWith(plugin) && line.endsWith(length));
      assertThat(lines)
          .filteredOn(line -> line.startsWith(plugin))
          .allMatch(line -> line.endsWith(" characters, not shown: phi.access"));
    }
    assertThat(lines)
        .filteredOn(line -> line.startsWith("open-log@1.0.0 "))
        .hasSize(5)
        .allMatch(line -> line.endsWith(": CPF [number] MRN [number]"));
  }

  @Test
  void noAuditEntryHoldsAMark() throws Exception {
    var outcomes = new HashSet<String>();
    var leaks = new ArrayList<String>();
    for (var line : export.split("\n", -1)) {
      for (var text : texts(JSON.readTree(line))) {
        if (!marksIn(text).isEmpty()) {
          leaks.add(text);
        }
        Arrays.stream(text.split("\"", -1)).filter(EXPECTED::contains).forEach(outcomes::add);
      }
    }
    assertThat(leaks).isEmpty();
    // Had the entries not been read, none of them would hold a mark either.
    assertThat(outcomes).containsExactlyInAnyOrderElementsOf(EXPECTED);
  }

  private static final Set<String> EXPECTED =
      Set.of(
          "SUCCESS",
          "PLUGIN_ERROR",
          "TRAP",
          "TIME_LIMIT",
          "LIMIT",
          "CAPABILITY_DENIED",
          "FORBIDDEN",
          "UNAUTHENTICATED",
          "NOT_FOUND",
          "BAD_REQUEST",
          "CONFLICT",
          "TOO_LARGE",
          "REJECTED",
          "UNAVAILABLE");

  @Test
  void noHeaderOfAnyAnswerHoldsAMark() {
    ANSWERS.forEach((what, answer) ->
        assertThat(marksIn(answer.headers().map().toString())).as(what).isEmpty());
  }

  @Test
  void noAnswerHoldsTheContentOfAnotherCall() {
    assertThat(Stack.text(answer("nothing of it is left"))).isEqualTo("clean");
    ANSWERS.forEach((what, answer) -> {
      if (what.startsWith("header ") || what.startsWith("parameter")) {
        assertThat(marksIn(Stack.text(answer))).as(what).isEmpty();
      }
    });
  }

  @Test
  void noErrorButThePluginsOwnRepeatsTheBody() {
    ANSWERS.forEach((what, answer) -> {
      var text = Stack.text(answer);
      boolean pluginsOwn = text.contains("/problems/plugin-error\"");
      boolean namesAField = what.startsWith("upload, manifest") || what.equals("upload, field");
      if (answer.statusCode() >= 400 && !pluginsOwn && !namesAField) {
        assertThat(marksIn(text)).as(what).isEmpty();
      }
    });
  }

  @Test
  void thePluginsErrorTextReachesItsCaller() throws Exception {
    for (var what : List.of("plugin error", "log and error", "exit status")) {
      assertThat(Stack.json(answer(what)).path("detail").asText()).as(what).endsWith(PATIENT);
    }
    assertThat(Stack.text(answer("success"))).isEqualTo(PATIENT);
  }

  private static HttpResponse<byte[]> answer(String what) {
    return Optional.ofNullable(ANSWERS.get(what)).orElseThrow();
  }

  private static void emptyAndDelete(String bucket) {
    for (var object : stack.s3().listObjectsV2Paginator(b -> b.bucket(bucket)).contents()) {
      stack.s3().deleteObject(b -> b.bucket(bucket).key(object.key()));
    }
    stack.s3().deleteBucket(b -> b.bucket(bucket));
  }

  private static void call(String what, String path, String body, int status) throws Exception {
    post(what, "/v1/plugins/" + path, stack.token("integration"), body, status);
  }

  private static void post(String what, String path, String token, String body, int status) {
    attempt(what, status, builder(path, token).POST(BodyPublishers.ofString(body)));
  }

  private static void get(String what, String path, String token, int status) {
    attempt(what, status, builder(path, token));
  }

  private static HttpRequest.Builder builder(String path, String token) {
    var request = HttpRequest.newBuilder(stack.url(path));
    return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
  }

  private static void attempt(String what, int status, HttpRequest.Builder request) {
    try {
      var answer = HTTP.send(request.build(), BodyHandlers.ofByteArray());
      if (answer.statusCode() != status) {
        UNEXPECTED.add(
            "%s: %d, not %d: %s".formatted(what, answer.statusCode(), status, Stack.text(answer)));
      }
      assertThat(ANSWERS.put(what, answer)).as(what).isNull();
    } catch (IOException e) {
      throw new AssertionError(what, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(what, e);
    }
  }

  private static void register(String name, byte[] module, String manifest) throws Exception {
    stack.put(name, "1.0.0", manifest, module);
    var registered = stack.registered(name, "1.0.0");
    assertThat(registered.path("state").asText()).as(registered.toString()).isEqualTo("LIVE");
  }

  private static byte[] withCustomSection(byte[] module) {
    var longer = Arrays.copyOf(module, module.length + 4);
    System.arraycopy(new byte[] {0, 2, 1, 'x'}, 0, longer, module.length, 4);
    return longer;
  }

  private static byte[] wasm(String file) throws IOException {
    try (var wat = PhiLeakTest.class.getResourceAsStream(file)) {
      return Wat2Wasm.parse(new String(wat.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static HttpServer servingTooMuch() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            var megabyte = new byte[1 << 20];
            for (int i = 0; i < 20; i++) {
              exchange.getResponseBody().write(megabyte);
            }
          } catch (IOException e) {
            // The caller has had enough, as it should.
          }
        });
    server.start();
    return server;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static Logger root() {
    return ((LoggerContext) LoggerFactory.getILoggerFactory())
        .getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  /** More than any deployment logs: all of ours, and of the libraries from INFO on. */
  private static void capture() {
    var context = root().getLoggerContext();
    for (var name : List.of("dev.ampoule", "lambda", "plugin")) {
      level(context.getLogger(name), Level.TRACE);
    }
    level(root(), Level.INFO);
    // A flood of lines is wanted here and not in the build's own output.
    root().iteratorForAppenders().forEachRemaining(OTHERS::add);
    OTHERS.forEach(root()::detachAppender);
    LOGGED.setContext(context);
    LOGGED.start();
    root().addAppender(LOGGED);
  }

  private static void level(Logger logger, Level level) {
    LEVELS.put(logger, logger.getLevel());
    logger.setLevel(level);
  }

  /** All that any layout could write of it. */
  private static String text(ILoggingEvent event) {
    var text = new StringBuilder();
    text.append(event.getLoggerName()).append(' ').append(event.getThreadName()).append(' ');
    text.append(event.getMessage()).append(' ').append(event.getFormattedMessage());
    text.append(Arrays.toString(event.getArgumentArray())).append(event.getMDCPropertyMap());
    append(text, event.getThrowableProxy());
    return text.toString();
  }

  private static void append(StringBuilder text, @Nullable IThrowableProxy thrown) {
    if (thrown != null) {
      text.append(' ').append(thrown.getClassName()).append(": ").append(thrown.getMessage());
      append(text, thrown.getCause());
      for (var suppressed : thrown.getSuppressed()) {
        append(text, suppressed);
      }
    }
  }

  private static List<String> marksIn(String text) {
    var lower = text.toLowerCase(Locale.ROOT);
    return MARKS.stream().filter(lower::contains).toList();
  }

  /** Every text in it, and what it is in base64: a block's bytes are its entries as JSON. */
  private static List<String> texts(JsonNode node) {
    var texts = new ArrayList<String>();
    for (var child : node) {
      texts.addAll(texts(child));
    }
    node.fieldNames().forEachRemaining(texts::add);
    if (node.isTextual()) {
      texts.add(node.textValue());
      try {
        texts.add(new String(Base64.getDecoder().decode(node.textValue()), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        // Not base64; it was looked at as it is.
      }
    }
    return texts;
  }
}
