"""The canonical form of a skops archive."""

import io
import zipfile

import numpy as np
import skops.io
from sklearn.preprocessing import StandardScaler

from evigil.classifier.skops_file import canonical


def test_same_object_same_bytes_and_an_equal_object_back():
    X = np.arange(12.0).reshape(4, 3)
    scalers = [StandardScaler().fit(X.copy()) for _ in range(2)]
    scalers[1].mean_ = scalers[1].mean_.copy()
    one, other = (canonical(skops.io.dumps(scaler)) for scaler in scalers)
    assert one == other
    assert canonical(one) == one
    back = skops.io.loads(one)
    assert back.mean_.tolist() == scalers[0].mean_.tolist()
    assert back.get_params() == scalers[0].get_params()


def test_no_date_and_no_object_id_is_left():
    data = canonical(skops.io.dumps({"a": np.ones(2), "b": [np.zeros(3), "x"]}))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["schema.json", "0001.npy", "0002.npy"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    back = skops.io.loads(data)
    assert back["a"].tolist() == [1, 1] and back["b"][0].tolist() == [0, 0, 0]
