package dev.ampoule.aws;

import dev.ampoule.live.ConnectionId;
import dev.ampoule.live.Push;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.apigatewaymanagementapi.ApiGatewayManagementApiClient;
import software.amazon.awssdk.services.apigatewaymanagementapi.model.GoneException;

/** Sends through API Gateway's {@code @connections}. */
public final class ApiGatewayPush implements Push {
  private static final Logger LOG = LoggerFactory.getLogger(ApiGatewayPush.class);

  private final ApiGatewayManagementApiClient client;

  public ApiGatewayPush(ApiGatewayManagementApiClient client) {
    this.client = client;
  }

  @Override
  public Sent send(ConnectionId to, String frame) {
    try {
      client.postToConnection(b -> b.connectionId(to.value()).data(SdkBytes.fromUtf8String(frame)));
      return Sent.SENT;
    } catch (GoneException e) {
      return Sent.GONE;
    } catch (SdkException e) {
      LOG.info("a push failed: {}", e.getClass().getSimpleName());
      return Sent.FAILED;
    }
  }

  @Override
  public boolean isOpen(ConnectionId id) {
    try {
      client.getConnection(b -> b.connectionId(id.value()));
      return true;
    } catch (GoneException e) {
      return false;
    } catch (SdkException e) {
      return true;
    }
  }

  @Override
  public void close(ConnectionId id) {
    try {
      client.deleteConnection(b -> b.connectionId(id.value()));
    } catch (GoneException e) {
      // As it was to be.
    } catch (SdkException e) {
      LOG.warn("a connection could not be closed: {}", e.getClass().getSimpleName());
    }
  }
}
