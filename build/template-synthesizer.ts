import {
  CfnParameter,
  Fn,
  StackSynthesizer,
  type DockerImageAssetLocation,
  type FileAssetLocation,
  type FileAssetSource,
  type ISynthesisSession,
  type Stack,
} from 'aws-cdk-lib';
import { assetKey, zipFolder } from './zip.ts';

/** The parameters that say where the zip files of the functions are. */
export const ASSETS_BUCKET = 'AssetsBucket';
export const ASSETS_PREFIX = 'AssetsPrefix';

/**
 * Makes a template that needs neither a bootstrapped account nor the CDK command line. The code of a function is an object in the
 * bucket of a parameter. Its key is the prefix of another parameter and the hash of the zip file.
 */
export class TemplateSynthesizer extends StackSynthesizer {
  override bind(stack: Stack): void {
    super.bind(stack);
    // oxlint-disable-next-line no-new -- creating a parameter adds it to its scope
    new CfnParameter(stack, ASSETS_BUCKET, {
      description: 'Bucket in the region of the stack that contains the zip files of the Lambda functions',
      allowedPattern: '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]',
    });
    // oxlint-disable-next-line no-new -- creating a parameter adds it to its scope
    new CfnParameter(stack, ASSETS_PREFIX, {
      description: 'Start of the object keys of the zip files, such as ivymail-events/',
      default: '',
    });
  }

  /** `fileName` is an absolute path, because the app does not copy assets. */
  override addFileAsset({ fileName = '' }: FileAssetSource): FileAssetLocation {
    const key = assetKey(zipFolder(fileName));
    const bucketName = Fn.ref(ASSETS_BUCKET);
    const objectKey = Fn.sub(`\${${ASSETS_PREFIX}}${key}`);
    return { bucketName, objectKey, httpUrl: '', s3ObjectUrl: '' };
  }

  override addDockerImageAsset(): DockerImageAssetLocation {
    throw new Error('The template has no container images');
  }

  override synthesize(session: ISynthesisSession): void {
    this.synthesizeTemplate(session);
    this.emitArtifact(session);
  }
}
