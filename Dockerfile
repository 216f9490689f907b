# docker build -t facekp . && docker run --rm -p 8501:8501 facekp
FROM python:3.11-slim
# pip's default torch for Linux brings CUDA along; facekp needs none of it. Whoever knows an index with CPU builds:
# docker build --build-arg PIP_EXTRA_INDEX_URL=...
ARG PIP_EXTRA_INDEX_URL
WORKDIR /facekp
COPY requirements.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY facekp facekp
COPY app app
COPY checkpoints checkpoints
RUN pip install --no-cache-dir --no-deps .
USER nobody
ENV HOME=/tmp
WORKDIR /tmp
EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8501/_stcore/health', timeout=3)"]
CMD ["facekp", "app", "--host", "0.0.0.0"]
