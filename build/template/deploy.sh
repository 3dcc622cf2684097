#!/usr/bin/env bash
# Uploads the code of the Lambda functions, and creates or updates the stack. It needs only the AWS CLI.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: ./deploy.sh --bucket BUCKET [--stack NAME] [PARAMETER=VALUE ...]

  --bucket BUCKET   An existing bucket in the region of the stack. The script uploads the code of the functions to it.
                    Create one with: aws s3 mb s3://BUCKET
  --stack NAME      The name of the stack (default: IvyMailEvents)
  PARAMETER=VALUE   Parameters of template.json, such as RetentionDays=30 AlarmEmail=you@example.com
                    An update keeps the parameters that you do not name.

The AWS CLI reads the account and the region from your environment, such as AWS_PROFILE and AWS_REGION.
USAGE
}

fail() {
  echo "$1" >&2
  echo 'For help: ./deploy.sh --help' >&2
  exit 2
}

bucket=''
stack='IvyMailEvents'
while [ $# -gt 0 ]; do
  case "$1" in
    --help | -h)
      usage
      exit 0
      ;;
    --bucket | --stack)
      [ $# -ge 2 ] || fail "$1 needs a value"
      if [ "$1" = --bucket ]; then bucket=$2; else stack=$2; fi
      shift 2
      ;;
    -*) fail "There is no option $1" ;;
    *=*) break ;;
    *) fail "$1 is not PARAMETER=VALUE" ;;
  esac
done
for parameter in "$@"; do
  case "$parameter" in
    -*) fail "Options are before the parameters: $parameter" ;;
    *=*) ;;
    *) fail "$parameter is not PARAMETER=VALUE" ;;
  esac
done
[ -n "$bucket" ] || fail '--bucket is missing'
command -v aws > /dev/null || fail 'The AWS CLI is missing. Install it: https://aws.amazon.com/cli/'

prefix='ivymail-events/'
cd "$(dirname "$0")"

# The name of a file is the hash of its content, so a file of the same name and size is already uploaded.
aws s3 sync assets "s3://$bucket/$prefix" --size-only --no-progress

aws cloudformation deploy \
  --stack-name "$stack" \
  --template-file template.json \
  --s3-bucket "$bucket" \
  --s3-prefix "${prefix%/}" \
  --capabilities CAPABILITY_IAM \
  --no-fail-on-empty-changeset \
  --parameter-overrides "AssetsBucket=$bucket" "AssetsPrefix=$prefix" "$@"

aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' --output text
echo
echo "Next, create an API key: npx ivymail-events init --stack $stack"
