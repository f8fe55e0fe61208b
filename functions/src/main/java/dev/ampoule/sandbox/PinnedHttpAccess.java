package dev.ampoule.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.slf4j.LoggerFactory;

/**
 * HTTP over Apache HttpClient, because it lets the address be resolved, checked and handed over for
 * the connection in one step; {@code java.net.http} resolves a name itself, after any check, so a
 * name with a short time to live could pass it and then point inward. The host's name is still what
 * TLS verifies. No cookies, no stored credentials, no retries, no redirects, no system proxy.
 *
 * <p>An exchange runs on a thread of its own, so that the plugin's thread can be released from it
 * at any moment: closing the connection ends a blocked read, and nothing ends a blocked name
 * lookup.
 */
public final class PinnedHttpAccess implements HttpAccess, AutoCloseable {
  private static final Timeout CONNECT_TIMEOUT = Timeout.ofSeconds(5);
  private static final TimeValue CONNECTION_LIFE = TimeValue.ofSeconds(30);
  private static final int CONNECTIONS = 64;
  private static final int CONNECTIONS_PER_HOST = 16;

  private final CloseableHttpClient client;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(Thread.ofPlatform().name("plugin-http-", 0).daemon().factory());

  /**
   * An access that reaches what the policy permits.
   *
   * @throws IllegalStateException when the client would log what it sends: at DEBUG it writes whole
   *     bodies, and with them PHI
   */
  public PinnedHttpAccess(AddressPolicy policy) {
    requireSilent("org.apache.hc.client5.http.wire");
    requireSilent("org.apache.hc.client5.http.headers");
    var connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setDnsResolver(new CheckedResolver(policy))
            .setMaxConnTotal(CONNECTIONS)
            .setMaxConnPerRoute(CONNECTIONS_PER_HOST)
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(CONNECT_TIMEOUT)
                    .setTimeToLive(CONNECTION_LIFE)
                    .build())
            .build();
    client =
        HttpClients.custom()
            .setConnectionManager(connections)
            .setUserAgent("Ampoule")
            .disableAutomaticRetries()
            .disableAuthCaching()
            .disableCookieManagement()
            .disableRedirectHandling()
            .disableConnectionState()
            .build();
  }

  private static void requireSilent(String logger) {
    if (LoggerFactory.getLogger(logger).isDebugEnabled()) {
      throw new IllegalStateException(
          "the logger " + logger + " writes request bodies at DEBUG; set it to INFO or higher");
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
    threads.shutdownNow();
  }

  @Override
  public Reply exchange(Exchange exchange) {
    var request = request(exchange);
    Future<Reply> reply = threads.submit(() -> answer(request, exchange));
    try {
      return reply.get(exchange.timeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new TimeRanOut();
    } catch (TimeoutException e) {
      return new TimeRanOut();
    } catch (ExecutionException e) {
      throw new IllegalStateException("an HTTP exchange failed in no known way", e.getCause());
    } finally {
      if (!reply.isDone()) {
        request.cancel();
      }
    }
  }

  private static HttpUriRequestBase request(Exchange exchange) {
    var request = new HttpUriRequestBase(exchange.method(), exchange.uri());
    exchange.headers().forEach(request::setHeader);
    if (exchange.body().length > 0) {
      request.setEntity(new ByteArrayEntity(exchange.body(), null));
    }
    var left = Timeout.of(Math.max(1, exchange.timeout().toMillis()), TimeUnit.MILLISECONDS);
    request.setConfig(
        RequestConfig.custom().setConnectionRequestTimeout(left).setResponseTimeout(left).build());
    return request;
  }

  private Reply answer(HttpUriRequestBase request, Exchange exchange) {
    try (var response =
        client.executeOpen(HttpHost.create(exchange.uri()), request, HttpClientContext.create())) {
      var body = body(response, exchange.responseBytesMax());
      if (body.length > exchange.responseBytesMax()) {
        request.cancel(); // or closing would read the rest
        // Thrown and not returned: closing what is cancelled may fail, which is not the answer.
        throw new BodyTooLongException();
      }
      return new Answered(response.getCode(), headers(response), body);
    } catch (BodyTooLongException e) {
      return new BodyTooLong();
    } catch (AddressRefusedException e) {
      return new AddressRefused();
    } catch (UnknownHostException e) {
      return new Failed(Failure.UNKNOWN_HOST);
    } catch (SSLException e) {
      return new Failed(Failure.TLS);
    } catch (ConnectException | NoRouteToHostException | ConnectTimeoutException e) {
      return new Failed(Failure.NO_CONNECTION);
    } catch (SocketTimeoutException e) {
      return new TimeRanOut();
    } catch (IOException e) {
      return new Failed(Failure.BROKEN_ANSWER);
    }
  }

  /** At most one byte more than allowed. */
  private static byte[] body(ClassicHttpResponse response, int bytesMax) throws IOException {
    var entity = response.getEntity();
    if (entity == null) {
      return new byte[0];
    }
    InputStream content = entity.getContent();
    return content == null ? new byte[0] : content.readNBytes(bytesMax + 1);
  }

  private static Map<String, List<String>> headers(ClassicHttpResponse response) {
    var headers = new TreeMap<String, List<String>>();
    for (var header : response.getHeaders()) {
      headers
          .computeIfAbsent(header.getName().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(header.getValue() == null ? "" : header.getValue());
    }
    return headers;
  }

  private static final class BodyTooLongException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private static final class AddressRefusedException extends UnknownHostException {
    private static final long serialVersionUID = 1L;
  }

  /** What it returns is what is connected to. */
  private record CheckedResolver(AddressPolicy policy) implements DnsResolver {
    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
      var permitted =
          Arrays.stream(InetAddress.getAllByName(host)).filter(policy::permits).toList();
      if (permitted.isEmpty()) {
        throw new AddressRefusedException();
      }
      return permitted.toArray(new InetAddress[0]);
    }

    @Override
    public String resolveCanonicalHostname(String host) {
      return host;
    }
  }
}
