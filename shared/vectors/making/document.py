"""x"""

from vectors.making.cases import Vectors


def filled(text: str, files: list[Vectors]) -> str:
    return text
