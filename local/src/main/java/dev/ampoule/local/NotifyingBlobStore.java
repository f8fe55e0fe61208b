package dev.ampoule.local;

import java.io.InputStream;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/** Tells {@link S3Notifications} of every object that was created, once it is stored. */
final class NotifyingBlobStore extends ForwardingBlobStore {
  /** What s3proxy stores for its own book-keeping while a multipart upload is open. */
  private static final String MULTIPART_STUB_PREFIX = ".s3proxy-mpu-stub-";

  private final S3Notifications notifications;

  NotifyingBlobStore(BlobStore delegate, S3Notifications notifications) {
    super(delegate);
    this.notifications = notifications;
    notifications.readFrom(delegate);
  }

  @Override
  public PutObjectResponse putBlob(PutObjectRequest request, InputStream payload) {
    PutObjectResponse response = super.putBlob(request, payload);
    created("ObjectCreated:Put", request.bucket(), request.key(), response.versionId());
    return response;
  }

  @Override
  public CopyObjectResponse copyBlob(CopyObjectRequest request) {
    CopyObjectResponse response = super.copyBlob(request);
    created(
        "ObjectCreated:Copy",
        request.destinationBucket(),
        request.destinationKey(),
        response.versionId());
    return response;
  }

  @Override
  public CompleteMultipartUploadResponse completeMultipartUpload(
      MultipartUpload upload, CompleteMultipartUploadRequest request) {
    CompleteMultipartUploadResponse response = super.completeMultipartUpload(upload, request);
    created(
        "ObjectCreated:CompleteMultipartUpload",
        upload.containerName(),
        upload.blobName(),
        response.versionId());
    return response;
  }

  private void created(String eventName, String bucket, String key, @Nullable String versionId) {
    if (key.startsWith(MULTIPART_STUB_PREFIX) || !notifications.listensTo(bucket, key)) {
      return;
    }
    HeadObjectResponse head =
        delegate()
            .blobMetadata(
                HeadObjectRequest.builder().bucket(bucket).key(key).versionId(versionId).build());
    notifications.publish(
        new CreatedObject(
            eventName, bucket, key, head.contentLength(), unquoted(head.eTag()), versionId));
  }

  private static String unquoted(@Nullable String eTag) {
    return eTag == null ? "" : eTag.replace("\"", "");
  }
}
