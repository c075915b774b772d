===== The bug is in parse_
The bug is in `parse_config()`: it reads `MAX_RETRY_COUNT` before `.env` is loaded.

Before:

```python
def parse_config(path: str) -> dict:
    retries = int(os.environ["MAX_RETRY_COUNT"])  # KeyError
    with open(path) as f:
        return {**json.load(f), "retries": retries}
```

After:

```python
def parse_config(path: str) -> dict:
    load_dotenv()
    retries = int(os.environ.get("MAX_RETRY_COUNT", "3"))

    with open(path) as f:
        return {**json.load(f), "retries": retries}
```

Two things to note:

1. `load_dotenv()` is idempotent.
2. The default of `3` matches the docs:

```sh
grep -n MAX_RETRY_COUNT docs/*.md
```

so nothing changes for those who set it.

3. `__init__` and `__main__.py` stay as they are.

So far, so good.

```
// indented code
keep(this);
```
