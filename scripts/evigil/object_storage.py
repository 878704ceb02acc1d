"""Inputs in S3: what can be said of them before any job, each fault in one line."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evigil.errors import UserError

#: A bucket's name, https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html.
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = "us-east-1"
SECONDS = 10


@dataclass(frozen=True)
class Folder:
    """A folder in S3 that inputs and results are below.

    Attributes
    ----------
    bucket, key
        Name of the bucket and the folder in it, which may be empty.
    client
        The S3 client of boto3.
    """

    bucket: str
    key: str
    client: Any

    @property
    def url(self) -> str:
        """Address of the folder, without a slash at its end."""
        return f"s3://{self.bucket}/{self.key}".rstrip("/")

    def key_of(self, file: str) -> str:
        """Return the key of a file of the study, as Snakemake makes it: ./a is a."""
        return f"{self.key}/{_normal(file)}".lstrip("/")


def open_folder(prefix: str, settings: Mapping[str, str | None]) -> Folder:
    """Connect to the folder of a study.

    Parameters
    ----------
    prefix
        Snakemake's ``default-storage-prefix``: ``s3://bucket/folder``.
    settings
        ``endpoint_url, region, access_key, secret_key, token`` of Snakemake's S3 plugin; what is
        missing is found by boto3 (``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID``, ``~/.aws``).

    Raises
    ------
    UserError
        If the address is none, the bucket is not there or must not be read.
    """
    scheme, _, rest = prefix.partition("://")
    bucket, _, key = rest.partition("/")
    variable = re.search(r"\$\{?(\w+)", prefix)
    if variable:
        raise UserError(
            f"default-storage-prefix: the environment variable {variable[1]} is not set; "
            f"export {variable[1]}=s3://BUCKET/FOLDER"
        )
    if scheme != "s3" or not BUCKET.fullmatch(bucket):
        raise UserError(f"default-storage-prefix: must be s3://BUCKET/FOLDER, got {prefix!r}")
    with _in_one_line(f"s3://{bucket}"):
        import boto3
        from botocore.config import Config

        client = boto3.session.Session().client(
            "s3",
            endpoint_url=settings.get("endpoint_url"),
            region_name=settings.get("region") or REGION,
            aws_access_key_id=settings.get("access_key"),
            aws_secret_access_key=settings.get("secret_key"),
            aws_session_token=settings.get("token"),
            config=Config(
                connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 2}
            ),
        )
        client.head_bucket(Bucket=bucket)
    return Folder(bucket, key.strip("/"), client)


@contextmanager
def fetched(folder: Folder, files: Iterable[str], left: Iterable[str] = ()) -> Iterator[None]:
    """Run a block in a temporary folder that holds the stored files under their own names.

    Those in `left` are too large to be brought here: they only have to be there.

    Raises
    ------
    UserError
        If one of them is not in storage, one line each.
    """
    wanted = list(files)
    missing = [file for file in [*wanted, *left] if not _is_there(folder, file)]
    if missing:
        raise UserError(
            "\n".join(
                f"{file}: is not in storage: upload it to {folder.url}/{_normal(file)}"
                for file in missing
            )
        )
    with TemporaryDirectory(prefix="evigil-") as place:
        for file in wanted:
            target = Path(place, file)
            target.parent.mkdir(parents=True, exist_ok=True)
            with _in_one_line(f"{folder.url}/{file}"):
                folder.client.download_file(folder.bucket, folder.key_of(file), str(target))
        with chdir(place):
            yield


def listed(folder: Folder, prefix: str) -> list[str]:
    """Return the files below a folder of the study that are in storage, sorted."""
    with _in_one_line(f"{folder.url}/{prefix}"):
        pages = folder.client.get_paginator("list_objects_v2").paginate(
            Bucket=folder.bucket, Prefix=folder.key_of(prefix)
        )
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    start = len(folder.key_of(""))
    # a console makes an empty object a/ of a folder a
    return sorted(key[start:] for key in keys if not key.endswith("/"))


def _normal(file: str) -> str:
    folder = "/" if file.endswith("/") else ""
    return posixpath.normpath(file) + folder if file else ""


def _is_there(folder: Folder, file: str) -> bool:
    from botocore.exceptions import ClientError

    if Path(file).is_absolute() or ".." in Path(file).parts or "://" in file:
        raise UserError(
            f"{file}: must be a path below the working directory: it is looked up in {folder.url}"
        )
    with _in_one_line(f"{folder.url}/{file}"):
        try:
            folder.client.head_object(Bucket=folder.bucket, Key=folder.key_of(file))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return False
            raise
    return True


@contextmanager
def _in_one_line(url: str) -> Iterator[None]:
    """Turn what boto3 raises into what a user can do about it."""
    from boto3.exceptions import Boto3Error
    from botocore import exceptions

    try:
        yield
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise UserError(
            f"{url}: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run "
            "`aws configure`"
        ) from error
    except exceptions.ClientError as error:
        raise UserError(f"{url}: {_reason(error.response)}") from error
    except (exceptions.HTTPClientError, exceptions.BotoCoreError, Boto3Error, ValueError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(f"{url}: cannot be reached: {lines[0]}") from error


def _reason(response: Any) -> str:
    code = str(response["Error"]["Code"])
    if code in ("404", "NoSuchBucket", "NoSuchKey"):
        return "no such bucket; make it, or mend default-storage-prefix"
    if code in ("301", "PermanentRedirect"):
        region = response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", "another")
        return f"the bucket is in the region {region}; set storage-s3-region"
    if code in ("401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return f"the credentials do not admit to it ({code})"
    return f"the storage answers {code} {response['Error'].get('Message', '')}".rstrip()
