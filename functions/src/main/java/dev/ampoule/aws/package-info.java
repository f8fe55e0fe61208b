/** The ports on AWS: DynamoDB and S3. The only importer of the AWS SDK. */
@NullMarked
package dev.ampoule.aws;

import org.jspecify.annotations.NullMarked;
