===== 按下面的步骤操作：
按下面的步骤操作：

1. 安装依赖：

```bash
$ npm ci
added 12 packages in 2s
```

2. 启动：

```bash
$ npm start -- --config ./a_b_c.json
> dingbridge@0.1.0 start
> node src/launch.mjs
```

3. 看到 `ready` 就好了。如果失败：

   - 检查 `$PATH` 和 $HOME
   - 再看 /var/log/\*.log 与 C:\Users\*\AppData
