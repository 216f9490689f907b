# docker build -t facekp --build-arg TORCH_INDEX=... . && docker run -p 8501:8501 facekp
FROM python:3.11-slim
# pip's default torch for Linux brings CUDA along, gigabytes that facekp needs none of. TORCH_INDEX is the address of
# PyTorch's index of builds for CPUs (its "get started" page tells it); without one the image is larger, and works too.
ARG TORCH_INDEX=
WORKDIR /facekp
COPY requirements.txt ./
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY facekp facekp
COPY app app
COPY checkpoints checkpoints
RUN pip install --no-cache-dir --no-deps .
# The page Data shows what the loaders feed the networks; they belong to the training, which is not installed.
COPY training loaders/training
ENV PYTHONPATH=/facekp/loaders
# The networks, exported, so that no start needs torch to do it.
ENV FACEKP_CACHE=/facekp/exported
RUN python -c "from facekp import KeypointPredictor; [KeypointPredictor.from_checkpoint(name) for name in ('face68', 'face58', 'nose')]"
RUN useradd --create-home facekp
USER facekp
WORKDIR /home/facekp
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8501/_stcore/health', timeout=3)"]
CMD ["facekp", "app", "--host", "0.0.0.0"]
