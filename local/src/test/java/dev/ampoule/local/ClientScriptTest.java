package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import dev.ampoule.local.Browser.Visitor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ampoule.js} in a browser: against the real stack, and against a server that misbehaves.
 */
final class ClientScriptTest {
  /** A server whose frames come when and how the test says. */
  private static final String FAKE_SERVER =
      """
      window.sockets = []
      window.WebSocket = class {
        static OPEN = 1
        constructor(url, protocols) {
          this.protocols = protocols
          this.readyState = 0
          this.sent = []
          sockets.push(this)
        }
        send(text) { this.sent.push(JSON.parse(text)) }
        close() { this.readyState = 3 }
        open() { this.readyState = 1; this.onopen() }
        say(frame) { this.onmessage({data: JSON.stringify(frame)}) }
        event(seq) { this.say({type: 'event', topic: 'ward/1', seq, data: seq}) }
      }
      window.got = []
      window.states = []
      window.client = new Ampoule({
        url: 'ws://nowhere', token: () => 'token', onState: state => states.push(state),
        timing: {backoffFirst: 10, backoffMax: 20, gap: 50}
      })
      client.subscribe('ward/1', event => got.push(event.seq), {after: 2})
      null // Playwright would call the function that ends the subscription
      """;

  private static final String NEXT_SOCKET =
      "n => new Promise(r => { const f = () => sockets.length >= n ? r() : setTimeout(f, 5); f() })";

  @TempDir private static Path home;
  private static Stack stack;
  private static Browser browser;
  private BrowserContext visitor;
  private Page page;

  @BeforeAll
  static void startAll() throws Exception {
    stack = new Stack(home, Optional.empty());
    browser = new Browser();
    stack.upload("news2", "news2", "1.0.0");
    stack.registered("news2", "1.0.0");
  }

  @AfterAll
  static void stopAll() {
    browser.close();
    stack.close();
  }

  @BeforeEach
  void start() {
    visitor = browser.visitor(Visitor.ENGLISH);
    page = Browser.signIn(visitor, stack, "/audit", "admin");
  }

  @AfterEach
  void stop() {
    visitor.close();
  }

  private void connect() {
    page.evaluate(
        """
        ([url, token]) => {
          window.got = []
          window.client = new Ampoule({url, token: async () => token})
        }
        """,
        List.of(stack.url("/live").toString().replaceFirst("^http", "ws"), stack.token("admin")));
  }

  @Test
  void itPublishesSubscribesAndResumes() throws Exception {
    connect();
    assertThat(page.evaluate("client.publish('ward/1', {n: 1}).then(a => a.seq)")).isEqualTo(1);
    page.evaluate("client.subscribe('ward/1', e => got.push(e.data.n), {after: 0}); null");
    page.waitForFunction("() => got.length === 1");
    stack.post("/v1/topics/ward/1", stack.token("integration"), "{\"n\":2}".getBytes(UTF_8));
    page.waitForFunction("() => got.length === 2");
    assertThat(page.evaluate("client.resume()")).isEqualTo(Map.of("ward/1", 2));
    // Another client goes on where the first one was.
    page.evaluate("window.resume = client.resume(); client.close()");
    stack.post("/v1/topics/ward/1", stack.token("integration"), "{\"n\":3}".getBytes(UTF_8));
    page.evaluate(
        """
        client = new Ampoule({url: client.url, token: client.token, resume})
        client.subscribe('ward/1', e => got.push(e.data.n))
        null
        """);
    page.waitForFunction("() => got.length === 3");
    assertThat(page.evaluate("got")).isEqualTo(List.of(1, 2, 3));
  }

  @Test
  void itInvokesAPluginAndTellsOfARefusal() {
    connect();
    assertThat(
            page.evaluate("input => client.invoke('news2', input).then(o => o.score)", Ward.SEPSIS))
        .isEqualTo(14);
    assertThat(page.evaluate("client.invoke('nothing', {}).catch(e => e.problem.status)"))
        .isEqualTo(404);
    assertThat(page.evaluate("client.publish('platform/plugins', 1).catch(e => e.problem.status)"))
        .isEqualTo(403);
  }

  @Test
  void itOffersTheTokenAsAProtocolAndNeverInTheUrl() {
    page.evaluate(FAKE_SERVER);
    page.evaluate(NEXT_SOCKET, 1);
    assertThat(page.evaluate("sockets[0].protocols")).isEqualTo(List.of("ampoule.v1", "token"));
  }

  @Test
  void itPutsInOrderWhatOvertookAndDropsWhatItHas() {
    page.evaluate(FAKE_SERVER);
    page.evaluate(NEXT_SOCKET, 1);
    page.evaluate(
        """
        const s = sockets[0]
        s.open()
        s.say({type: 'subscribed', topic: 'ward/1', head: 4})
        for (const seq of [4, 3, 3, 1, 6, 5, 6]) s.event(seq)
        """);
    assertThat(page.evaluate("got")).isEqualTo(List.of(3, 4, 5, 6));
    assertThat(page.evaluate("states")).isEqualTo(List.of("connecting", "live"));
  }

  @Test
  void itAsksAgainForANumberThatDoesNotCome() {
    page.evaluate(FAKE_SERVER);
    page.evaluate(NEXT_SOCKET, 1);
    page.evaluate(
        """
        const s = sockets[0]
        s.open()
        s.say({type: 'subscribed', topic: 'ward/1', head: 2})
        s.event(4)
        """);
    page.waitForFunction(
        "() => sockets[0].sent.filter(m => m.action === 'subscribe').length === 2");
    assertThat(page.evaluate("sockets[0].sent.at(-1).after")).isEqualTo(2);
    page.evaluate("sockets[0].event(3)");
    assertThat(page.evaluate("got")).isEqualTo(List.of(3, 4));
  }

  @Test
  void itComesBackAndSaysSoOnceItHasCaughtUp() {
    page.evaluate(FAKE_SERVER);
    page.evaluate(NEXT_SOCKET, 1);
    page.evaluate(
        """
        sockets[0].open()
        sockets[0].say({type: 'subscribed', topic: 'ward/1', head: 2})
        sockets[0].event(3)
        sockets[0].onclose()
        """);
    page.evaluate(NEXT_SOCKET, 2);
    page.evaluate("sockets[1].open()");
    assertThat(page.evaluate("sockets[1].sent[0].after")).isEqualTo(3);
    page.evaluate(
        """
        sockets[1].say({type: 'subscribed', topic: 'ward/1', head: 5})
        sockets[1].event(4)
        """);
    assertThat(page.evaluate("states"))
        .isEqualTo(List.of("connecting", "live", "disconnected", "catching-up"));
    page.evaluate("sockets[1].event(5)");
    assertThat(page.evaluate("states.at(-1)")).isEqualTo("live-again");
    assertThat(page.evaluate("got")).isEqualTo(List.of(3, 4, 5));
  }

  @Test
  void itSaysWhenWhatItMissedIsNotKeptAnyMore() {
    page.evaluate(FAKE_SERVER);
    page.evaluate(NEXT_SOCKET, 1);
    page.evaluate(
        """
        const s = sockets[0]
        s.open()
        s.say({type: 'error', id: s.sent[0].id, problem: {
          type: 'https://ampoule.dev/problems/replay-missed', status: 410, topic: 'ward/1', oldest: 9}})
        """);
    assertThat(page.evaluate("sockets[0].sent.at(-1).after")).isEqualTo(8);
    page.evaluate(
        """
        sockets[0].say({type: 'subscribed', topic: 'ward/1', head: 9})
        sockets[0].event(9)
        """);
    assertThat(page.evaluate("got")).isEqualTo(List.of(9));
    assertThat(page.evaluate("states.at(-1)")).isEqualTo("live-after-gap");
  }
}
