"""A case that refutes, looked for in the whole domain: `search` proposes and shrinks, `looking` spends the time, `trial` judges one."""
